-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The pairs of the last match, all or of one relation ($1), with the first name of each file.
WITH named AS (SELECT sha256, arg_min(name, (seq, name)) AS name FROM deposits GROUP BY sha256)
SELECT v.relation, v.reason, v.error, v.a, coalesce(x.name, ''), v.b, coalesce(y.name, '')
FROM {versions} v
LEFT JOIN named x ON x.sha256 = v.a
LEFT JOIN named y ON y.sha256 = v.b
WHERE $1 = '' OR v.relation = $1
ORDER BY v.relation, v.a, v.b;
