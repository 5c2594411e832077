-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Whole units by largest remainder; of equal remainders the first in the order of their names. Exact integers.
CREATE OR REPLACE TABLE paid AS
WITH parts AS (
    SELECT w.pool, w.payee, t.amount, (t.amount * w.weight) // t.whole AS units, (t.amount * w.weight) % t.whole AS rest
    FROM weights w
    JOIN totals_of t ON t.pool = w.pool
), spare AS (
    SELECT pool, any_value(amount) - sum(units) AS spare FROM parts GROUP BY pool
), ranked AS (
    SELECT p.pool, p.payee, p.units, s.spare,
           row_number() OVER (PARTITION BY p.pool ORDER BY p.rest DESC, CAST(p.payee AS VARCHAR)) AS place
    FROM parts p
    JOIN spare s ON s.pool = p.pool
)
SELECT pool, payee, units + CASE WHEN place <= spare THEN 1 ELSE 0 END AS units
FROM ranked
