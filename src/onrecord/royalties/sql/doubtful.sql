-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Those near the line, with how many units are left for them once those surely above it have theirs.
WITH sure AS (
    SELECT c.pool, any_value(c.spare) - count(f.pool) AS places
    FROM cuts c
    LEFT JOIN floors f ON f.pool = c.pool AND f.low > c.high
    GROUP BY c.pool
)
SELECT f.pool, f.payee, s.places
FROM floors f
JOIN cuts c ON c.pool = f.pool
JOIN sure s ON s.pool = f.pool
WHERE f.low <= c.high AND f.high >= c.low
