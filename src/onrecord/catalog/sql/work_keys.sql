-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a work claim can be joined by (`work_edges.sql`), of every claim that ever came: of recordings, those
-- that name one of `work_more`.
CREATE OR REPLACE TABLE work_keys AS
WITH shared AS MATERIALIZED (
  SELECT DISTINCT c.recording FROM credits c
  SEMI JOIN (SELECT * FROM numbered_works w SEMI JOIN work_more t ON t.source = w.source AND t.id = w.id WHERE w.composer <> '') w
    ON w.source = c.source AND w.title = c.title AND w.composer = c.composer
)
SELECT source, id, hash('mbid', mbid) AS key FROM numbered_works WHERE mbid <> ''
UNION ALL
SELECT source, id, hash('iswc', iswc) FROM numbered_works WHERE iswc <> ''
UNION ALL
SELECT DISTINCT w.source, w.id, hash('title', (c.recording, fold(w.title), fold_names(w.composer)))
FROM credits c SEMI JOIN shared USING (recording) JOIN numbered_works w ON w.source = c.source AND w.title = c.title AND w.composer = c.composer
WHERE c.composer <> '' AND w.composer <> '';
