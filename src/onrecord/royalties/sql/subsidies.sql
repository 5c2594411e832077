-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What listeners put in and what pro-rata credits to those they play, by how much they play beside the mean of their
-- pool.
WITH means AS (
    SELECT pool, count(*) AS listeners, sum(CAST(whole AS HUGEINT)) AS plays FROM listeners GROUP BY pool
), each AS (
    SELECT CASE WHEN l.whole = 0 THEN 0
                WHEN l.whole * m.listeners * 4 < m.plays THEN 1
                WHEN l.whole * m.listeners * 2 < m.plays THEN 2
                WHEN l.whole * m.listeners <= m.plays THEN 3
                WHEN l.whole * m.listeners <= m.plays * 2 THEN 4
                WHEN l.whole * m.listeners <= m.plays * 4 THEN 5
                ELSE 6 END AS band,
           CASE WHEN $by_fee THEN CAST($fee AS HUGEINT) ELSE CAST(a.amount AS HUGEINT) // m.listeners END AS fee,
           (CAST(a.amount AS HUGEINT) * l.whole) // m.plays AS credited
    FROM listeners l
    JOIN means m ON m.pool = l.pool AND m.plays > 0
    JOIN amounts a ON a.pool = l.pool
)
SELECT band, count(*) AS listeners, sum(fee) AS fees, sum(credited) AS credited,
       count(*) FILTER (fee > credited) AS giving, sum(greatest(fee - credited, 0)) AS given
FROM each
GROUP BY band
ORDER BY band
