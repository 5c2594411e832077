-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Of each genre the ten artists that the most claims name, with the seconds that these last together.
SELECT genre, place, artist, claims, seconds
FROM (
  SELECT
    genre, artist, count(*) AS claims, sum(CAST(duration_ms AS HUGEINT)) // 1000 AS seconds,
    row_number() OVER (PARTITION BY genre ORDER BY count(*) DESC, artist) AS place
  FROM track_claims
  WHERE genre <> '' AND artist <> ''
  GROUP BY genre, artist
)
WHERE place <= 10
ORDER BY genre, place
