-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Mentions that count: those of records that may be shown, and after which no other came of the same name.
CREATE OR REPLACE TABLE current_mentions AS
SELECT m.*, split_part(m.record, ':', 1) AS of_kind, split_part(m.record, ':', 2) AS of
FROM mentions m SEMI JOIN free_sources USING (source)
WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.source = m.source AND r.record = m.record AND r.seq > m.seq);
