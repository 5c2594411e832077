-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Artists (of `track_spelled`) whose name sounds as one in another script does, or whose titles are in two scripts: few are.
CREATE OR REPLACE TABLE track_singers AS
WITH voices AS (
  SELECT
    folded_artist, is_foreign(folded_artist) AS foreign_name,
    bool_or(some_foreign) AND NOT bool_and(all_foreign) AS foreign_titles,
    arg_min(sound, artist) AS sound
  FROM track_spelled
  WHERE NOT is_nobody(comparable_artist(folded_artist))
  GROUP BY folded_artist
),
heard AS (
  SELECT sound FROM voices
  WHERE len(sound) > 1
  GROUP BY sound
  HAVING bool_or(foreign_name) AND NOT bool_and(foreign_name) OR bool_or(NOT foreign_name AND foreign_titles)
)
SELECT s.artist, v.sound
FROM voices v SEMI JOIN heard h ON h.sound = v.sound
JOIN track_spelled s ON s.folded_artist = v.folded_artist;

-- Spellings of artists some of whose titles, and not all, are in another script; `name` as they are compared.
CREATE OR REPLACE TABLE track_writers AS
SELECT artist, name FROM (
  SELECT artist, comparable_artist(folded_artist) AS name, some_other, all_other FROM track_spelled
)
WHERE NOT is_nobody(name)
QUALIFY bool_or(some_other) OVER (PARTITION BY name) AND NOT bool_and(all_other) OVER (PARTITION BY name);
