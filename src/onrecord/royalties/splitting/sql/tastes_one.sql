-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- `tastes` of a month with one pool, whose number need not be hashed with every play.
CREATE OR REPLACE TABLE tastes AS
SELECT $pool AS pool, c.listener, sum(c.count * p.share) AS heard
FROM counted c
JOIN popular p ON p.payee = c.payee
WHERE c.count > 0
GROUP BY c.listener
