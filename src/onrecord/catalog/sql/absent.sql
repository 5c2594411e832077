-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Records of source `$source` that stand, are of a kind that was counted, and that the dump does not have. Names that were
-- met are told apart first: of the many that are there nothing else is looked at.
CREATE OR REPLACE TABLE absent AS
SELECT record, arg_max(media_type, seq) AS media_type, arg_max(version, seq) AS version
FROM records r
WHERE source = $source AND split_part(record, ':', 1) IN (SELECT kind FROM counted)
  AND NOT EXISTS (SELECT 1 FROM met m WHERE m.name = r.record)
GROUP BY record
HAVING NOT arg_max(deleted, seq)
