-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Whole units by largest remainder; of equal remainders the first in the order of their names. Only the remainders of
-- the bucket in which the units that are left run out are sorted.
CREATE OR REPLACE TABLE paid AS
WITH buckets AS (
    SELECT pool, bucket, count(*) AS payees, sum(units) AS units FROM shares GROUP BY pool, bucket
), falling AS (
    SELECT b.pool, b.bucket, b.payees, t.amount - sum(b.units) OVER (PARTITION BY b.pool) AS spare,
           sum(b.payees) OVER (PARTITION BY b.pool ORDER BY b.bucket DESC) - b.payees AS above
    FROM buckets b
    JOIN totals_of t ON t.pool = b.pool
), line AS (
    SELECT pool, bucket, spare - above AS places FROM falling WHERE above < spare AND spare <= above + payees
), ranked AS (
    SELECT s.pool, s.payee, s.units, l.places,
           row_number() OVER (PARTITION BY s.pool ORDER BY s.rest DESC, CAST(s.payee AS VARCHAR)) AS place
    FROM shares s
    JOIN line l ON l.pool = s.pool AND l.bucket = s.bucket
)
SELECT s.pool, s.payee, s.units + CASE WHEN s.bucket > l.bucket THEN 1 ELSE 0 END AS units
FROM shares s
LEFT JOIN line l ON l.pool = s.pool
WHERE l.bucket IS NULL OR s.bucket <> l.bucket
UNION ALL
SELECT pool, payee, units + CASE WHEN place <= places THEN 1 ELSE 0 END FROM ranked
