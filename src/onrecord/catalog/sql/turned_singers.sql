-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Claims (`node`) that may be compared by the sound of names now and were not, or the other way round: those of artists
-- with whose sound that is so. More claims can only make a sound one that is heard (`track_singers.sql`). So what was and
-- what is lie between the claims that did not change (`least`) and these with all words of those that did (`most`): where
-- a sound is heard in both or in neither, nothing turned. An artist's sound hangs on the first of its spellings.
CREATE OR REPLACE TABLE turned_singers AS
WITH said AS (
  SELECT
    spelling, bool_or(foreign_title) FILTER (WHERE stays) AS some_stay, bool_and(foreign_title) FILTER (WHERE stays) AS all_stay,
    bool_or(foreign_title) AS some_foreign, bool_and(foreign_title) AS all_foreign
  FROM (
    SELECT spelling, foreign_title, node NOT IN (SELECT node FROM track_changed_nodes) AS stays, node
    FROM track_keys WHERE foreign_title IS NOT NULL
  )
  WHERE NOT stays OR node NOT IN (SELECT node FROM track_ended)
  GROUP BY spelling
),
sounds AS MATERIALIZED (
  SELECT
    s.folded, is_foreign(s.folded) AS foreign_name,
    arg_min(s.sound, s.artist) FILTER (WHERE some_stay IS NOT NULL) AS least, arg_min(s.sound, s.artist) AS most,
    coalesce(bool_or(some_stay) AND NOT bool_and(all_stay), false) AS titles_stay,
    bool_or(some_foreign) AND NOT bool_and(all_foreign) AS foreign_titles
  FROM said JOIN track_spellings s USING (spelling)
  WHERE NOT is_nobody(comparable_artist(s.folded))
  GROUP BY s.folded
),
heard_of_least AS (
  SELECT least AS sound FROM sounds WHERE len(least) > 1
  GROUP BY least
  HAVING bool_or(foreign_name) AND NOT bool_and(foreign_name) OR bool_or(NOT foreign_name AND titles_stay)
),
heard_of_most AS (
  SELECT most AS sound FROM sounds WHERE len(most) > 1
  GROUP BY most
  HAVING bool_or(foreign_name) AND NOT bool_and(foreign_name) OR bool_or(NOT foreign_name AND foreign_titles)
),
turned AS MATERIALIZED (
  FROM heard_of_most EXCEPT FROM heard_of_least
  UNION
  SELECT unnest([least, most]) FROM sounds WHERE least <> most
)
SELECT k.node
FROM track_keys k
SEMI JOIN (
  SELECT p.spelling FROM sounds s JOIN track_spellings p ON p.folded = s.folded
  WHERE s.least IN (FROM turned) OR s.most IN (FROM turned)
) t ON t.spelling = k.spelling;
