-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- `track_spelled` by way of `track_keys`, of the claims that stand.
CREATE OR REPLACE TABLE track_spelled AS
SELECT s.artist, s.folded AS folded_artist, s.sound, k.some_foreign, k.all_foreign, k.some_other, k.all_other
FROM (
  SELECT
    spelling, bool_or(foreign_title) AS some_foreign, bool_and(foreign_title) AS all_foreign,
    bool_or(other_title) AS some_other, bool_and(other_title) AS all_other
  FROM track_keys
  WHERE foreign_title IS NOT NULL AND node NOT IN (SELECT node FROM track_ended)
  GROUP BY spelling
) k
JOIN track_spellings s ON s.spelling = k.spelling;
