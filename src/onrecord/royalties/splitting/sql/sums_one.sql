-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- `sums` of a month with one pool, whose number need not be hashed with every play.
CREATE OR REPLACE TABLE sums AS
SELECT $pool AS pool, c.payee, sum(c.claim * r.rate) AS low, sum(c.claim) AS width, sum(c.count) AS count
FROM claims c
JOIN (SELECT listener, CAST((up * $steps) // down AS BIGINT) AS rate FROM parts) r ON r.listener = c.listener
GROUP BY c.payee
