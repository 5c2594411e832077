-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- `counts` of a month with one pool, whose number need not be hashed with every play.
CREATE OR REPLACE TABLE plays_of AS
SELECT $pool AS pool, payee, sum(count) AS count
FROM counted
WHERE count > 0
GROUP BY payee
