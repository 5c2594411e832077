-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a label claim can be joined by (`label_edges.sql`), of every claim that ever came.
CREATE OR REPLACE TABLE label_keys AS
SELECT source, id, hash('mbid', mbid) AS key FROM numbered_labels WHERE mbid <> ''
UNION ALL
SELECT source, id, hash('isni', isni) FROM numbered_labels WHERE isni <> ''
UNION ALL
SELECT source, id, hash('name', fold(name)) FROM numbered_labels WHERE fold(name) <> '';
