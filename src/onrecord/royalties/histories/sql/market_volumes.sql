-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Plays of each month by whether their artist is above the line, and by how many plays their listener has in it.
WITH totals AS (
    SELECT month, listener, sum(plays) AS total FROM market_pairs GROUP BY month, listener
)
SELECT p.month, b.artist IS NOT NULL AS boosted, t.total, sum(p.plays) AS plays
FROM market_pairs p
JOIN totals t ON t.month = p.month AND t.listener IS NOT DISTINCT FROM p.listener
LEFT JOIN market_boosted b ON b.month = p.month AND b.artist = p.artist
GROUP BY ALL
ORDER BY ALL
