-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What an artist claim can be joined by (`artist_edges.sql`), of every claim that ever came; and those that may be joined
-- otherwise than before because tracks are.
CREATE OR REPLACE TABLE artist_keys AS
WITH said AS MATERIALIZED (
  SELECT source, id, mbid, isni, comparable_artist(fold(name)) AS name FROM numbered_artists
),
credited AS MATERIALIZED (
  SELECT DISTINCT c.recording, a.source, a.id, a.name
  FROM credits c JOIN said a ON a.source = c.source AND a.id = c.artist_id
  WHERE a.name <> ''
),
several AS (
  SELECT recording FROM credited GROUP BY recording HAVING min(name) <> max(name)
)
SELECT source, id, hash('mbid', mbid) AS key FROM said WHERE mbid <> ''
UNION ALL
SELECT source, id, hash('isni', isni) FROM said WHERE isni <> ''
UNION ALL
SELECT source, id, hash('name', (recording, name)) FROM credited
UNION ALL
SELECT source, id, hash('sound', recording) FROM credited SEMI JOIN several USING (recording);

CREATE OR REPLACE TABLE artist_turned AS
SELECT source, artist_id AS id FROM turned_credits WHERE artist_id <> '';
