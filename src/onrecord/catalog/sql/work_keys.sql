-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a work claim can be joined by (`work_edges.sql`), of every claim that ever came.
CREATE OR REPLACE TABLE work_keys AS
SELECT source, id, hash('mbid', mbid) AS key FROM numbered_works WHERE mbid <> ''
UNION ALL
SELECT source, id, hash('iswc', iswc) FROM numbered_works WHERE iswc <> ''
UNION ALL
SELECT DISTINCT w.source, w.id, hash('title', (c.recording, fold(w.title), fold_names(w.composer)))
FROM credits c JOIN numbered_works w ON w.source = c.source AND w.title = c.title AND w.composer = c.composer
WHERE c.composer <> '' AND w.composer <> '';
