-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The pairs of the last match ($1, a Parquet file), all or of one relation ($2), with the first name of each file.
WITH named AS (SELECT sha256, arg_min(name, (seq, name)) AS name FROM deposits GROUP BY sha256)
SELECT v.relation, v.reason, v.error, v.a, coalesce(x.name, ''), v.b, coalesce(y.name, '')
FROM read_parquet($1) v
LEFT JOIN named x ON x.sha256 = v.a
LEFT JOIN named y ON y.sha256 = v.b
WHERE $2 = '' OR v.relation = $2
ORDER BY v.relation, v.a, v.b;
