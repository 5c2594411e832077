-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where the line between those who get one more unit and those who do not must lie: from `low` to `high`.
CREATE OR REPLACE TABLE cuts AS
WITH spare AS (
    SELECT f.pool, any_value(r.amount) - sum(f.units) AS spare
    FROM floors f
    JOIN ratios r ON r.pool = f.pool
    GROUP BY f.pool
), by_low AS (
    SELECT pool, low, row_number() OVER (PARTITION BY pool ORDER BY low DESC) AS place FROM floors
), by_high AS (
    SELECT pool, high, row_number() OVER (PARTITION BY pool ORDER BY high DESC) AS place FROM floors
)
SELECT s.pool, s.spare, l.low, h.high
FROM spare s
JOIN by_low l ON l.pool = s.pool AND l.place = s.spare
JOIN by_high h ON h.pool = s.pool AND h.place = s.spare
