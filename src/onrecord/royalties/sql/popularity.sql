-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- How popular what heavy and light listeners play is: a payee's popularity is its share of the pool's plays, in 10^-12;
-- a listener's is the mean over the plays. Heavy is above the mean number of plays of the pool.
WITH means AS (
    SELECT pool, count(*) AS active, sum(CAST(whole AS HUGEINT)) AS plays FROM listeners WHERE whole > 0 GROUP BY pool
)
SELECT l.whole * m.active > m.plays AS heavy, count(*) AS listeners, sum(quotient(t.heard, l.whole)) AS popularity
FROM tastes t
JOIN listeners l ON l.pool = t.pool AND l.listener = t.listener
JOIN means m ON m.pool = l.pool
GROUP BY heavy
ORDER BY heavy
