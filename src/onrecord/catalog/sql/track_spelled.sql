-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Each spelling of an artist, once, with what it sounds like and whether titles are in another script.
CREATE OR REPLACE TABLE track_spelled AS
SELECT artist, folded_artist, sounded(spoken) AS sound, some_foreign, all_foreign, some_other, all_other
FROM (
  SELECT *, voiced(artist, comparable_artist(folded_artist)) AS spoken
  FROM (
    SELECT
      artist, fold(artist) AS folded_artist, bool_or(foreign_title) AS some_foreign, bool_and(foreign_title) AS all_foreign,
      bool_or(other_title) AS some_other, bool_and(other_title) AS all_other
    FROM (
      SELECT artist, other_title, if(other_title, is_foreign(fold(title)), false) AS foreign_title
      FROM (SELECT artist, title, is_other(title) AS other_title FROM track_nodes WHERE has_words(title))
    )
    GROUP BY artist
  )
);
