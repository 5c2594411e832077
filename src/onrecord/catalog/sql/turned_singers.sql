-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Claims (`node`) that may be compared by the sound of names now and were not, or the other way round: those of artists
-- that sound like one of whom a name or a script of titles came or went. Where nobody in another script sounds like them,
-- nothing turned.
CREATE OR REPLACE TABLE turned_singers AS
WITH said AS (
  SELECT DISTINCT k.spelling, k.foreign_title
  FROM track_keys k SEMI JOIN track_changed_nodes c ON c.node = k.node
  WHERE k.foreign_title IS NOT NULL
),
turned AS (
  SELECT DISTINCT spelling FROM said
  WHERE (spelling, foreign_title) NOT IN (
    SELECT DISTINCT (k.spelling, k.foreign_title)
    FROM track_keys k SEMI JOIN (SELECT DISTINCT spelling FROM said) s ON s.spelling = k.spelling
    WHERE k.foreign_title IS NOT NULL
      AND k.node NOT IN (SELECT node FROM track_changed_nodes) AND k.node NOT IN (SELECT node FROM track_ended)
  )
),
sounds AS MATERIALIZED (
  SELECT spelling, name, sounded(voiced(artist, name)) AS sound, is_foreign(folded) AS foreign_name FROM track_spellings
),
near AS (
  SELECT DISTINCT sound FROM sounds
  WHERE name IN (SELECT name FROM sounds SEMI JOIN turned USING (spelling))
),
alike AS MATERIALIZED (
  SELECT spelling, foreign_name FROM sounds WHERE name IN (SELECT name FROM sounds SEMI JOIN near USING (sound))
)
SELECT k.node
FROM track_keys k SEMI JOIN alike a ON a.spelling = k.spelling
WHERE EXISTS (SELECT 1 FROM alike WHERE foreign_name)
  OR EXISTS (SELECT 1 FROM track_keys f SEMI JOIN alike a ON a.spelling = f.spelling WHERE f.foreign_title);
