-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where the units that are left run out: the line between those who get one more and those who do not lies in a bucket
-- from `low` to `high`. Payees that are open count as having theirs: due a whole unit more they are last in the order of
-- remainders, due a little less they are first, and either way they get one, as long as the line is away from both ends;
-- `bottom` and `top` say how far their bounds reach.
CREATE OR REPLACE TABLE lines AS
WITH sums AS (
    SELECT n.pool, count(*) FILTER (n.open) AS open,
           any_value(r.amount) - sum(n.units) - count(*) FILTER (n.open) AS spare,
           min(n.low_bucket) FILTER (n.open) AS top,
           max(bucket(n.high - r.parts, r.parts)) FILTER (n.open) AS bottom
    FROM near n
    JOIN ratios r ON r.pool = n.pool
    GROUP BY n.pool
), lows AS (
    SELECT pool, low_bucket AS bucket, count(*) AS payees FROM near WHERE NOT open GROUP BY pool, low_bucket
), highs AS (
    SELECT pool, high_bucket AS bucket, count(*) AS payees FROM near WHERE NOT open GROUP BY pool, high_bucket
), low_line AS (
    SELECT l.pool, l.bucket
    FROM (SELECT *, sum(payees) OVER (PARTITION BY pool ORDER BY bucket DESC) AS upto FROM lows) l
    JOIN sums s ON s.pool = l.pool AND l.upto - l.payees < s.spare AND s.spare <= l.upto
), high_line AS (
    SELECT h.pool, h.bucket
    FROM (SELECT *, sum(payees) OVER (PARTITION BY pool ORDER BY bucket DESC) AS upto FROM highs) h
    JOIN sums s ON s.pool = h.pool AND h.upto - h.payees < s.spare AND s.spare <= h.upto
)
SELECT s.pool, s.open, s.spare, s.top, s.bottom, l.bucket AS low, h.bucket AS high
FROM sums s
LEFT JOIN low_line l ON l.pool = s.pool
LEFT JOIN high_line h ON h.pool = s.pool
