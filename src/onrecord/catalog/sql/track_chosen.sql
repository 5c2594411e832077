-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which track claims are to be compared, by what and with which others. What is alone is told apart by half a hash before
-- anything is compared.
CREATE OR REPLACE TABLE track_hints AS
SELECT
  node, name, duration_ms,
  if(first = artist OR is_nobody(first), NULL, hint(but_live(title), first)) AS first_name,
  if(main_title IS NULL, NULL, hint(but_live(main_title), artist)) AS subtitle,
  if(isrc = '', NULL, hint(title, isrc)) AS code,
  if(long, hint(artist, left(title, 5)), NULL) AS beginning,
  if(long, hint(artist, right(title, 5)), NULL) AS ending,
  if(release = '' OR position IS NULL OR nobody, NULL, hint(lower(release), (artist, disc, position))) AS place
FROM (
  SELECT
    *, hint(but_live(title), artist) AS name, is_nobody(artist) AS nobody,
    len(title) >= 11 AND duration_ms IS NOT NULL AND NOT is_nobody(artist) AS long,
    if(main = '', NULL, comparable_main(main || apart, release)) AS main_title
  FROM (
    SELECT
      *, told_as(short, release) AS title,
      if(duration_ms IS NULL OR is_nobody(artist), '', main_words(before, raw_title, words)) AS main
    FROM (
      SELECT *, comparable_title(bare) AS short, comparable_artist(folded_first) AS first
      FROM (
        SELECT
          node, isrc, release, disc, position, duration_ms, title AS raw_title, folded || apart AS words, before, apart,
          bare_title(title, folded) AS bare, comparable_artist(credit) AS artist, fold(first_artist(artist)) AS folded_first
        FROM (
          SELECT *, fold(title) AS folded, fold(artist) AS credit, before_subtitle(title) AS before
          FROM track_nodes WHERE has_words(title)
        )
      )
    )
  )
);

-- Those that are to be compared, for what, and beside whom. What is compared with each other has one `together`.
CREATE OR REPLACE TABLE track_chosen (node BIGINT, use VARCHAR, key UINTEGER, sound VARCHAR, together UINTEGER);

CREATE OR REPLACE TABLE track_names AS
SELECT key FROM (
  SELECT name AS key FROM track_hints UNION ALL SELECT first_name FROM track_hints WHERE first_name IS NOT NULL
)
GROUP BY key HAVING count(*) > 1;
INSERT INTO track_chosen
SELECT node, 'name', 0, '', name FROM track_hints WHERE name IN (SELECT key FROM track_names);
INSERT INTO track_chosen
SELECT node, 'first name', 0, '', first_name FROM track_hints WHERE first_name IN (SELECT key FROM track_names);
DROP TABLE track_names;

CREATE OR REPLACE TABLE track_subtitled AS
SELECT DISTINCT subtitle AS key FROM track_hints WHERE subtitle IN (SELECT name FROM track_hints WHERE duration_ms IS NOT NULL);
INSERT INTO track_chosen
SELECT node, 'subtitle', 0, '', subtitle FROM track_hints WHERE subtitle IN (FROM track_subtitled)
UNION ALL
SELECT node, 'subtitle', 0, '', name FROM track_hints
WHERE name IN (FROM track_subtitled) AND subtitle IS NULL AND duration_ms IS NOT NULL;
DROP TABLE track_subtitled;

INSERT INTO track_chosen
SELECT node, 'code', 0, '', code FROM track_hints
WHERE code IN (SELECT code FROM track_hints WHERE code IS NOT NULL GROUP BY code HAVING count(*) > 1);

INSERT INTO track_chosen
WITH spellings AS (
  SELECT node, name, beginning AS key FROM track_hints WHERE beginning IS NOT NULL
  UNION ALL
  SELECT node, name, ending FROM track_hints WHERE ending IS NOT NULL
)
SELECT node, 'near-names+duration', key, '', key FROM spellings
WHERE key IN (SELECT key FROM spellings GROUP BY key HAVING min(name) <> max(name));

INSERT INTO track_chosen
SELECT node, 'near-names+release', place, '', place FROM track_hints
WHERE place IN (SELECT place FROM track_hints WHERE place IS NOT NULL GROUP BY place HAVING min(name) <> max(name));
DROP TABLE track_hints;

INSERT INTO track_chosen
SELECT t.node, 'sound', 0, v.sound, hint('sound', v.sound)
FROM track_nodes t
JOIN track_singers v ON v.artist = t.artist
WHERE has_words(t.title);
