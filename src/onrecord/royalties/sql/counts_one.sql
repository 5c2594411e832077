-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- `counts` of a month with one pool, whose number need not be hashed with every play.
CREATE OR REPLACE TABLE weights AS
SELECT $pool AS pool, payee, sum(CAST(count AS HUGEINT)) AS weight
FROM counted
GROUP BY payee
HAVING weight > 0
