-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- How popular what heavy and light listeners play is: a payee's popularity is its share of the pool's plays, in 10^-12;
-- a listener's is the mean over the plays. Heavy is above the mean number of plays of the pool.
WITH shares AS (
    SELECT c.pool, c.payee, (sum(CAST(c.count AS HUGEINT)) * 1000000000000) // any_value(m.plays) AS share
    FROM counted c
    JOIN (SELECT pool, sum(CAST(whole AS HUGEINT)) AS plays FROM listeners GROUP BY pool) m ON m.pool = c.pool
    WHERE c.count > 0
    GROUP BY c.pool, c.payee
), tastes AS (
    SELECT c.pool, c.listener, sum(CAST(c.count AS HUGEINT) * s.share) AS heard
    FROM counted c
    JOIN shares s ON s.pool = c.pool AND s.payee = c.payee
    WHERE c.count > 0
    GROUP BY c.pool, c.listener
), means AS (
    SELECT pool, count(*) AS active, sum(CAST(whole AS HUGEINT)) AS plays FROM listeners WHERE whole > 0 GROUP BY pool
)
SELECT l.whole * m.active > m.plays AS heavy, count(*) AS listeners, sum(t.heard // l.whole) AS popularity
FROM tastes t
JOIN listeners l ON l.pool = t.pool AND l.listener = t.listener
JOIN means m ON m.pool = l.pool
GROUP BY heavy
ORDER BY heavy
