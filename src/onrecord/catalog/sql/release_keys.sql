-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a release claim can be joined by (`release_edges.sql`), of every claim that ever came; and those that may be joined
-- otherwise than before because tracks are.
CREATE OR REPLACE TABLE release_keys AS
WITH said AS MATERIALIZED (
  SELECT source, id, mbid, ltrim(barcode, '0') AS code, barcode, hash(fold(title)) AS title FROM numbered_releases
)
SELECT source, id, hash('mbid', mbid) AS key FROM said WHERE mbid <> ''
UNION ALL
SELECT source, id, hash('barcode', (title, code)) FROM said WHERE barcode <> ''
UNION ALL
SELECT DISTINCT r.source, r.id, hash('title', (c.recording, r.title))
FROM credits c JOIN said r ON r.source = c.source AND r.id = c.release_id;

CREATE OR REPLACE TABLE release_turned AS
SELECT source, release_id AS id FROM turned_credits WHERE release_id <> '';
