-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What each account did, as `royalties.fraud` looks at it; plays below thirty seconds do not count and are not there.
WITH counted AS (
    SELECT listener, artist, artist || chr(0) || track AS track, "at" // 86400 AS day, "at" // 3600 % 24 AS hour, seconds
    FROM plays
    WHERE seconds >= 30
),
basic AS (
    SELECT listener, count(*) AS streams, count(*) FILTER (seconds < 35) AS near, count(DISTINCT day) AS days
    FROM counted
    GROUP BY listener
),
clock AS (
    SELECT listener, count(*) FILTER (hours >= 20) AS round_days
    FROM (SELECT listener, day, count(DISTINCT hour) AS hours FROM counted GROUP BY listener, day)
    GROUP BY listener
),
variety AS (
    SELECT listener, log2(sum(n)) - sum(n * log2(n)) / sum(n) AS bits
    FROM (SELECT listener, artist, count(*) AS n FROM counted GROUP BY listener, artist)
    GROUP BY listener
),
repeats AS (
    SELECT listener, max(n) AS most
    FROM (SELECT listener, track, count(*) AS n FROM counted GROUP BY listener, track)
    GROUP BY listener
),
cuts AS (
    SELECT listener, sum(cut)::BIGINT AS cut, max(cut) AS cut_most
    FROM (SELECT listener, artist, count(*) FILTER (seconds < 40) AS cut FROM counted GROUP BY listener, artist)
    GROUP BY listener
),
-- Company: accounts that give a large part of their plays to one artist whom hardly anybody else plays.
devoted AS (
    SELECT listener, artist, n, n::DOUBLE / streams AS part
    FROM (SELECT listener, artist, count(*) AS n FROM counted GROUP BY listener, artist) JOIN basic USING (listener)
    WHERE n >= $devoted * streams AND n >= $plays
),
shared AS (
    SELECT artist, count(*) AS accounts
    FROM devoted JOIN (SELECT artist, count(*) AS total FROM counted GROUP BY artist) USING (artist)
    GROUP BY artist HAVING sum(n) >= $of_all * any_value(total)
),
company AS (
    SELECT listener, max(accounts) AS company, max_by(part, accounts) AS company_part
    FROM devoted JOIN shared USING (artist) GROUP BY listener
)
SELECT listener, streams, near, days, round_days, bits, most, cut, cut_most, coalesce(company, 0), coalesce(company_part, 0)
FROM basic JOIN clock USING (listener) JOIN variety USING (listener) JOIN repeats USING (listener)
JOIN cuts USING (listener) LEFT JOIN company USING (listener)
ORDER BY listener
