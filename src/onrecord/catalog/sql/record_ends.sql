-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Records that a source sent more than once, with the newest entry of each: what an older one claimed has ended. Most
-- records come once, so those are told apart by a hash first. What files say of themselves need have no record.
CREATE OR REPLACE TABLE record_ends AS
WITH again AS (SELECT hash(source, record) AS key FROM records GROUP BY key HAVING count(*) > 1)
SELECT source, record, max(seq) AS seq
FROM records
WHERE source = 'file' OR hash(source, record) IN (SELECT key FROM again)
GROUP BY source, record;
