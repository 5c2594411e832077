-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What an artist claim can be joined by (`artist_edges.sql`), of every claim that ever came: of recordings, those that
-- name one of `artist_more`.
CREATE OR REPLACE TABLE artist_keys AS
WITH shared AS MATERIALIZED (
  SELECT DISTINCT c.recording FROM credits c SEMI JOIN artist_more t ON t.source = c.source AND t.id = c.artist_id
),
named AS MATERIALIZED (
  SELECT DISTINCT c.recording, c.source, c.artist_id FROM credits c SEMI JOIN shared USING (recording) WHERE c.artist_id <> ''
),
said AS MATERIALIZED (
  SELECT DISTINCT source, id, comparable_artist(fold(name)) AS name
  FROM numbered_artists a SEMI JOIN named n ON n.source = a.source AND n.artist_id = a.id
),
credited AS MATERIALIZED (
  SELECT n.recording, a.source, a.id, a.name
  FROM named n JOIN said a ON a.source = n.source AND a.id = n.artist_id
  WHERE a.name <> ''
),
several AS (
  SELECT recording FROM credited GROUP BY recording HAVING min(name) <> max(name)
)
SELECT source, id, hash('mbid', mbid) AS key FROM numbered_artists WHERE mbid <> ''
UNION ALL
SELECT source, id, hash('isni', isni) FROM numbered_artists WHERE isni <> ''
UNION ALL
SELECT source, id, hash('name', (recording, name)) FROM credited
UNION ALL
SELECT source, id, hash('sound', recording) FROM credited SEMI JOIN several USING (recording);
