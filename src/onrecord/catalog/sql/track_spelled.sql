-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Each spelling of an artist, once, with whether titles are in another script.
CREATE OR REPLACE TABLE track_spelled AS
SELECT artist, fold(artist) AS folded_artist, some_foreign, all_foreign
FROM (
  SELECT artist, bool_or(foreign_title) AS some_foreign, bool_and(foreign_title) AS all_foreign
  FROM (
    SELECT artist, if(is_foreign(title), is_foreign(fold(title)), false) AS foreign_title
    FROM track_nodes WHERE has_words(title)
  )
  GROUP BY artist
);
