-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Those near the line, with how many units are left for them once those surely above it have theirs.
WITH sure AS (
    SELECT c.pool, any_value(c.places) - count(n.pool) AS places
    FROM cuts c
    LEFT JOIN candidates n ON n.pool = c.pool AND n.low > c.high
    GROUP BY c.pool
)
SELECT n.pool, n.payee, s.places
FROM candidates n
JOIN cuts c ON c.pool = n.pool
JOIN sure s ON s.pool = n.pool
WHERE n.low <= c.high AND n.high >= c.low
