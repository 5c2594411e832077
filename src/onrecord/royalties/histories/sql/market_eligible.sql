-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Recordings with $3 plays or more from the first month of a window to the month itself, and their plays in the month.
WITH asked AS (
    SELECT unnest($1::VARCHAR[]) AS month, unnest($2::VARCHAR[]) AS first
)
SELECT a.month, r.artist, r.title, sum(r.plays) FILTER (r.month = a.month) AS now
FROM asked a
JOIN market_recordings r ON r.month BETWEEN a.first AND a.month
GROUP BY ALL
HAVING sum(r.plays) >= $3 AND now > 0
ORDER BY ALL
