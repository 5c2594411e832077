-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What one listener can add in one month, bounded: the most played $artists artists, each with at most $plays plays.
-- Which artists stay depends on that listener's month alone, so the bound holds whoever else is there.
WITH sums AS (
    SELECT listener, month, artist, least(sum(plays), $plays)::BIGINT AS bounded, sum(plays) AS plays
    FROM plays
    GROUP BY listener, month, artist
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY listener, month ORDER BY plays DESC, artist) AS place FROM sums
)
SELECT month, artist, sum(bounded)::BIGINT AS plays, count(*)::BIGINT AS listeners
FROM ranked
WHERE place <= $artists AND bounded > 0
GROUP BY month, artist
ORDER BY month, artist
