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
)
SELECT listener, streams, near, days, round_days, bits, most
FROM basic JOIN clock USING (listener) JOIN variety USING (listener) JOIN repeats USING (listener)
ORDER BY listener
