-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The claims that are what withdrawals hide (`hidden_ids`: id).
CREATE TABLE hidden_claims AS
SELECT 'track' AS kind, source, source_id AS id FROM recording_members WHERE recording IN (SELECT id FROM hidden_ids)
UNION
SELECT 'release', source, source_id FROM release_members WHERE release IN (SELECT id FROM hidden_ids)
UNION
SELECT 'artist', source, source_id FROM artist_members WHERE artist IN (SELECT id FROM hidden_ids)
UNION
SELECT 'work', source, source_id FROM work_members WHERE work IN (SELECT id FROM hidden_ids)
UNION
SELECT 'label', source, source_id FROM label_members WHERE label IN (SELECT id FROM hidden_ids);
