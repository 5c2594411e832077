-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a release claim can be joined by (`release_edges.sql`), of every claim that ever came: of recordings, those that
-- name one of `release_more`. Of barcodes the title is not looked at: few are of two.
CREATE OR REPLACE TABLE release_keys AS
WITH shared AS MATERIALIZED (
  SELECT DISTINCT c.recording FROM credits c SEMI JOIN release_more t ON t.source = c.source AND t.id = c.release_id
),
named AS MATERIALIZED (
  SELECT DISTINCT c.recording, c.source, c.release_id FROM credits c SEMI JOIN shared USING (recording) WHERE c.release_id <> ''
),
said AS MATERIALIZED (
  SELECT DISTINCT source, id, fold(title) AS title
  FROM numbered_releases r SEMI JOIN named n ON n.source = r.source AND n.release_id = r.id
)
SELECT source, id, hash('mbid', mbid) AS key FROM numbered_releases WHERE mbid <> ''
UNION ALL
SELECT source, id, hash('barcode', ltrim(barcode, '0')) FROM numbered_releases WHERE barcode <> ''
UNION ALL
SELECT r.source, r.id, hash('title', (n.recording, r.title))
FROM named n JOIN said r ON r.source = n.source AND r.id = n.release_id;
