-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Why two track claims in two scripts are taken to be one recording where nothing sounds alike: a translation, or Han. They
-- are of one artist, one of them in Latin letters, at one place on two releases, within a second of each other, and no
-- version of one another. That may be chance, so there has to be more:
--
-- - what else both releases have of the artist at one place and in two scripts is as long as each other, too, and
-- - that makes three, or the length is the same to the millisecond, or nothing else stands at that place of all releases of
--   the artist but this title and two at most in the other script: a translation and how it is read.
CREATE OR REPLACE TABLE place_hints AS
SELECT
  t.node, is_other(t.title) AS other, hint(w.name, (coalesce(t.disc, 0), t.position, t.duration_ms // 2000)) AS step,
  hint(w.name, (coalesce(t.disc, 0), t.position, (t.duration_ms + 1000) // 2000)) AS half
FROM track_nodes t JOIN track_writers w ON w.artist = t.artist
WHERE t.position IS NOT NULL AND t.duration_ms IS NOT NULL AND t.release_id <> '' AND has_words(t.title);

CREATE OR REPLACE TABLE place_rows AS
WITH every AS (SELECT step AS key, other FROM place_hints UNION ALL SELECT half, other FROM place_hints),
keys AS (SELECT key FROM every GROUP BY key HAVING bool_or(other) AND NOT bool_and(other))
SELECT
  * EXCLUDE (short, words, release), told_as(short, release) AS title, tells_other_version(words) AS version
FROM (
  SELECT * EXCLUDE (bare), comparable_title(bare) AS short
  FROM (
    SELECT * EXCLUDE (raw_title), bare_title(raw_title, words) AS bare
    FROM (
      SELECT
        t.node, w.name AS artist, coalesce(t.disc, 0) AS disc, t.position, t.duration_ms, hash(t.source, t.release_id) AS list,
        h.other, t.release, t.title AS raw_title, fold(t.title) AS words
      FROM place_hints h
      JOIN track_nodes t ON t.node = h.node
      JOIN track_writers w ON w.artist = t.artist
      WHERE h.step IN (FROM keys) OR h.half IN (FROM keys)
    )
  )
);
DROP TABLE place_hints;

CREATE OR REPLACE TABLE place_pairs AS
SELECT x.node AS a, y.node AS b, x.artist, x.disc, x.position, x.list, y.list AS other_list, x.duration_ms, x.duration_ms - y.duration_ms AS step
FROM (SELECT *, duration_ms // 1000 AS second FROM place_rows WHERE other) x
JOIN (
  SELECT *, unnest([duration_ms // 1000 - 1, duration_ms // 1000, duration_ms // 1000 + 1]) AS second
  FROM place_rows WHERE NOT other AND regexp_matches(title, '[a-z]')
) y ON y.artist = x.artist AND y.disc = x.disc AND y.position = x.position AND y.second = x.second
WHERE abs(x.duration_ms - y.duration_ms) <= 1000 AND x.version = y.version AND split_part(x.title, '|', 2) = split_part(y.title, '|', 2);
DROP TABLE place_rows;

-- How many places of a release each script has, of one artist.
CREATE OR REPLACE TABLE place_lists AS
WITH lists AS (SELECT artist, list FROM place_pairs UNION SELECT artist, other_list FROM place_pairs)
SELECT artist, list, count(DISTINCT (disc, position)) FILTER (WHERE other) AS others, count(DISTINCT (disc, position)) FILTER (WHERE NOT other) AS latins
FROM (
  SELECT w.name AS artist, hash(t.source, t.release_id) AS list, is_other(t.title) AS other, coalesce(t.disc, 0) AS disc, t.position
  FROM track_nodes t JOIN track_writers w ON w.artist = t.artist
  WHERE t.position IS NOT NULL AND t.duration_ms IS NOT NULL AND hash(t.source, t.release_id) IN (SELECT list FROM lists)
    AND has_words(t.title)
)
SEMI JOIN lists USING (artist, list)
GROUP BY artist, list;

CREATE OR REPLACE TABLE place_edges AS
WITH equal AS (
  SELECT artist, list, other_list, count(DISTINCT (disc, position)) AS equal FROM place_pairs GROUP BY artist, list, other_list
)
SELECT p.*, e.equal
FROM place_pairs p
JOIN equal e ON e.artist = p.artist AND e.list = p.list AND e.other_list = p.other_list
JOIN place_lists x ON x.artist = p.artist AND x.list = p.list
JOIN place_lists y ON y.artist = p.artist AND y.list = p.other_list
WHERE e.equal * 5 >= least(x.others, y.latins) * 4;
DROP TABLE place_pairs;
DROP TABLE place_lists;

INSERT INTO track_edges
WITH unsure AS (
  SELECT DISTINCT artist, disc, position FROM place_edges WHERE equal < 3 AND NOT (step = 0 AND duration_ms % 1000 > 0)
),
hints AS (SELECT DISTINCT hint(artist, (disc, position)) AS hint FROM unsure),
few AS (
  SELECT artist, disc, position
  FROM (
    SELECT w.name AS artist, coalesce(t.disc, 0) AS disc, t.position, is_other(t.title) AS other, close_up(fold(t.title)) AS title
    FROM track_nodes t JOIN track_writers w ON w.artist = t.artist
    WHERE t.position IS NOT NULL AND has_words(t.title) AND hint(w.name, (coalesce(t.disc, 0), t.position)) IN (FROM hints)
  )
  SEMI JOIN unsure USING (artist, disc, position)
  GROUP BY ALL
  HAVING count(DISTINCT if(other, title, NULL)) * count(DISTINCT if(other, NULL, title)) <= 2
)
SELECT
  least(a, b), greatest(a, b), if(equal >= 3, 'track-list', 'script+place+duration'),
  CASE WHEN equal >= 3 THEN 0.85 WHEN step = 0 AND duration_ms % 1000 > 0 THEN 0.75 ELSE 0.6 END
FROM place_edges
WHERE equal >= 3 OR step = 0 AND duration_ms % 1000 > 0 OR (artist, disc, position) IN (FROM few);
DROP TABLE place_edges;
