-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Payees whose bounds reach into the buckets of the line, with how many units are left for them once those above have
-- theirs.
CREATE OR REPLACE TABLE candidates AS
WITH above AS (
    SELECT l.pool, any_value(l.spare) - count(n.pool) AS places
    FROM lines l
    LEFT JOIN near n ON n.pool = l.pool AND NOT n.open AND n.low_bucket > l.high
    WHERE l.high IS NOT NULL
    GROUP BY l.pool
)
SELECT n.pool, n.payee, n.low, n.high, a.places
FROM near n
JOIN lines l ON l.pool = n.pool AND n.high_bucket >= l.low AND n.low_bucket <= l.high
JOIN above a ON a.pool = n.pool
WHERE NOT n.open
