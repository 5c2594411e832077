-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Why two track claims are taken to be one recording. Each group is joined to its first member or along a row of
-- neighbours, so the job is linear; what is alone in its group is told apart by half a hash before anything is compared.
-- Where only some of a group are compared, they stand in the order of what they say, not of how they came.

CREATE OR REPLACE TABLE track_hints AS
SELECT
  node, name,
  if(first = artist OR is_nobody(first), NULL, hint(but_live(title), first)) AS first_name,
  if(isrc = '', NULL, hint(title, isrc)) AS code,
  if(long, hint(artist, left(title, 5)), NULL) AS beginning,
  if(long, hint(artist, right(title, 5)), NULL) AS ending,
  if(release = '' OR position IS NULL OR nobody, NULL, hint(lower(release), (artist, disc, position))) AS place
FROM (
  SELECT
    *, hint(but_live(title), artist) AS name, is_nobody(artist) AS nobody,
    len(title) >= 11 AND duration_ms IS NOT NULL AND NOT is_nobody(artist) AS long
  FROM (
    SELECT *, told_as(short, release) AS title
    FROM (
      SELECT *, comparable_title(bare) AS short, comparable_artist(folded_first) AS first
      FROM (
        SELECT
          node, isrc, release, disc, position, duration_ms, bare_title(title, words) AS bare,
          comparable_artist(fold(artist)) AS artist, fold(first_artist(artist)) AS folded_first
        FROM (SELECT *, fold(title) || apart AS words FROM track_nodes WHERE has_words(title))
      )
    )
  )
);

-- Those that are to be compared, for what, and beside whom.
CREATE OR REPLACE TABLE track_chosen AS
WITH names AS (
  SELECT key FROM (
    SELECT name AS key FROM track_hints UNION ALL SELECT first_name FROM track_hints WHERE first_name IS NOT NULL
  )
  GROUP BY key HAVING count(*) > 1
),
spellings AS (
  SELECT node, name, 'near-names+duration' AS use, beginning AS key FROM track_hints WHERE beginning IS NOT NULL
  UNION ALL
  SELECT node, name, 'near-names+duration', ending FROM track_hints WHERE ending IS NOT NULL
  UNION ALL
  SELECT node, name, 'near-names+release', place FROM track_hints WHERE place IS NOT NULL
),
several AS (
  SELECT use, key FROM spellings GROUP BY use, key HAVING min(name) <> max(name)
)
SELECT node, 'name' AS use, 0::UINTEGER AS key, '' AS sound FROM track_hints WHERE name IN (SELECT key FROM names)
UNION ALL
SELECT node, 'first name', 0, '' FROM track_hints WHERE first_name IN (SELECT key FROM names)
UNION ALL
SELECT node, 'code', 0, '' FROM track_hints
WHERE code IN (SELECT code FROM track_hints WHERE code IS NOT NULL GROUP BY code HAVING count(*) > 1)
UNION ALL
SELECT s.node, s.use, s.key, '' FROM spellings s SEMI JOIN several o ON o.key = s.key AND o.use = s.use
UNION ALL
SELECT t.node, 'sound', 0, v.sound
FROM track_nodes t
JOIN track_singers v ON v.artist = t.artist
WHERE has_words(t.title);
DROP TABLE track_hints;

-- What is compared of them, worked out in one go: hashes where two are equal or not, text where they are like each other.
CREATE OR REPLACE TABLE track_told AS
SELECT
  use, key, sound, node, duration_ms, release_key, on_live,
  hash(words) AS words_key,
  if(use IN ('name', 'first name') AND NOT is_nobody(artist), hash(title, artist), NULL) AS name,
  if(
    use IN ('name', 'first name') AND release <> '',
    hash(title, artist, coalesce(nullif(close_up(without_disc(fold(release))), ''), release)), NULL
  ) AS place,
  if(use IN ('name', 'first name') AND on_live IS NOT NULL AND NOT is_nobody(artist), hash(but_live(title), artist), NULL)
    AS plain,
  if(use = 'code', hash(isrc, title), NULL) AS code,
  if(use IN ('near-names+duration', 'near-names+release', 'sound'), words, NULL) AS words,
  if(use IN ('near-names+duration', 'near-names+release', 'sound'), title, NULL) AS title,
  if(use IN ('near-names+duration', 'near-names+release', 'sound'), artist, NULL) AS artist,
  if(use = 'sound', raw_title, NULL) AS raw_title,
  if(use = 'sound', release, NULL) AS release
FROM (
  -- Was it played live? Of what neither title nor release says that is not known, where no release is named.
  SELECT
    * EXCLUDE (short), told_as(short, release) AS title,
    CASE WHEN contains(short, 'live') THEN NULL WHEN release = '' THEN false WHEN is_live(release) THEN true END AS on_live
  FROM (
    SELECT * EXCLUDE (bare, credit), comparable_title(bare) AS short, comparable_artist(credit) AS artist
    FROM (
      SELECT
        * EXCLUDE (artist), bare_title(raw_title, words) AS bare,
        fold(if(use = 'first name', first_artist(artist), artist)) AS credit
      FROM (
        -- What is chosen is few: its names are folded behind the join.
        SELECT
          c.use, c.key, c.sound, t.node, hash(t.source, t.release_id) AS release_key, t.release, t.duration_ms, t.isrc,
          t.title AS raw_title, t.artist, fold(t.title) || t.apart AS words
        FROM track_nodes t JOIN track_chosen c ON c.node = t.node
      )
    )
  )
);
DROP TABLE track_chosen;

CREATE OR REPLACE TABLE track_edges AS
WITH bytes AS (
  SELECT hash(blob) AS key FROM track_nodes WHERE blob <> '' GROUP BY key HAVING count(*) > 1
),
mbids AS (
  SELECT hash(mbid) AS key FROM track_nodes WHERE mbid <> '' GROUP BY key HAVING count(*) > 1
),
-- 1. Same title, same artist, and lengths that follow each other within three seconds. A row of lengths that leads from one
-- recording to another, more than four seconds, joins only those within one second of each other, and nothing where that
-- leads as far. Who is credited with others is compared alone as well.
alike AS (
  SELECT node, duration_ms, name AS key, words_key AS words, place, release_key AS release
  FROM track_told WHERE name IS NOT NULL
),
steps AS (
  SELECT
    node, key, duration_ms, lag(node) OVER w AS before, words = lag(words) OVER w AS equal,
    (duration_ms - lag(duration_ms) OVER w > 3000)::BIGINT AS step,
    (duration_ms - lag(duration_ms) OVER w > 1000)::BIGINT AS short_step
  FROM alike
  WHERE duration_ms IS NOT NULL
  WINDOW w AS (PARTITION BY key ORDER BY duration_ms, node)
),
numbered AS (
  SELECT *, coalesce(sum(step) OVER w, 0) AS run, coalesce(sum(short_step) OVER w, 0) AS short_run
  FROM steps
  WINDOW w AS (PARTITION BY key ORDER BY duration_ms, node)
),
runs AS (
  SELECT
    node, before, equal, step = 0 AND max(duration_ms) OVER w - min(duration_ms) OVER w <= 4000
      OR short_step = 0 AND max(duration_ms) OVER v - min(duration_ms) OVER v <= 4000 AS one
  FROM numbered
  WINDOW w AS (PARTITION BY key, run), v AS (PARTITION BY key, short_run)
),
-- A track of a live release is live; a claim that names no release does not say whether it is, and its length may.
unsaid AS (
  SELECT
    node, lag(node) OVER w AS before, on_live <> lag(on_live) OVER w AS other,
    duration_ms - lag(duration_ms) OVER w AS step
  FROM track_told
  WHERE plain IS NOT NULL AND duration_ms IS NOT NULL
  WINDOW w AS (PARTITION BY plain ORDER BY duration_ms, on_live, node)
),
-- 2. A claim without a length is known by its release: same title, artist and name of the release, where no release has the
-- title twice and the lengths that are told are one.
lacking AS (
  SELECT place FROM alike WHERE place IS NOT NULL GROUP BY place HAVING bool_or(duration_ms IS NULL) AND count(*) > 1
),
once AS (
  SELECT node, place, duration_ms FROM alike SEMI JOIN lacking USING (place)
  QUALIFY count(*) OVER (PARTITION BY place, release) = 1
),
placed AS (
  SELECT
    node, min(node) OVER w AS first,
    coalesce(max(duration_ms) OVER w - min(duration_ms) OVER w, 0) AS spread
  FROM once
  WINDOW w AS (PARTITION BY place)
),
-- 3. One typing mistake: the beginning or the end of a long title is right, artist and length agree; or artist and place on
-- the release do, and no length contradicts.
neighbours AS (
  SELECT
    use, node, artist, title, words, duration_ms,
    unnest([lead(it, 1) OVER w, lead(it, 2) OVER w, lead(it, 3) OVER w]) AS next
  FROM (
    SELECT *, struct_pack(node := node, title := title, words := words, ms := duration_ms) AS it
    FROM track_told WHERE use IN ('near-names+duration', 'near-names+release')
  )
  WINDOW w AS (PARTITION BY use, key, artist ORDER BY duration_ms, title, words, node)
),
mistyped AS (
  SELECT DISTINCT node AS a, next.node AS b, use AS reason
  FROM neighbours
  WHERE title <> next.title AND len(title) >= 4 AND len(next.title) >= 4
    AND if(use = 'near-names+release', coalesce(abs(next.ms - duration_ms) <= 2000, true), next.ms - duration_ms <= 2000)
    AND one_mistake(title, next.title, words, next.words)
),
-- 4. Another script: title and artist sound alike in Latin letters, and lengths or releases agree.
either AS MATERIALIZED (
  SELECT
    node, duration_ms, words, other_script, hash(title, artist) AS key, if(release = '', NULL, hash(title, artist, release)) AS place
  FROM (
    SELECT node, duration_ms, words, other_script, sound AS artist, sounded(release) AS release, sounded(title) AS title
    FROM (
      SELECT
        node, duration_ms, words, sound, is_foreign(words || artist) AS other_script, voiced(release, fold(release)) AS release,
        if(contains(title, '|'), title, voiced(raw_title, title)) AS title
      FROM track_told WHERE use = 'sound'
    )
  )
  WHERE len(title) > 2
),
by_sound AS (
  SELECT
    node, lag(node) OVER w AS before, other_script <> lag(other_script) OVER w AS other,
    duration_ms - lag(duration_ms) OVER w AS step
  FROM either
  WHERE duration_ms IS NOT NULL
  WINDOW w AS (PARTITION BY key ORDER BY duration_ms, other_script, words, node)
),
placed_by_sound AS (
  SELECT
    node, other_script, min(if(other_script, NULL, node)) OVER w AS latin,
    coalesce(max(duration_ms) OVER w - min(duration_ms) OVER w, 0) AS spread
  FROM either
  WHERE place IN (
    SELECT place FROM either GROUP BY place
    HAVING bool_or(duration_ms IS NULL) AND bool_or(other_script) AND NOT bool_and(other_script)
  )
  WINDOW w AS (PARTITION BY place)
),
grouped AS (
  SELECT min(node) OVER (PARTITION BY blob) AS a, node AS b, 'same-bytes' AS reason, 1.0::DOUBLE AS confidence
  FROM track_nodes WHERE blob <> '' AND hash(blob) IN (SELECT key FROM bytes)
  UNION ALL
  SELECT min(node) OVER (PARTITION BY mbid), node, 'mbid', 0.99
  FROM track_nodes WHERE mbid <> '' AND hash(mbid) IN (SELECT key FROM mbids)
  UNION ALL
  -- An ISRC is evidence of identity, never proof: codes are reused, so the title has to agree.
  SELECT min(node) OVER (PARTITION BY code), node, 'isrc+title', 0.98 FROM track_told WHERE code IS NOT NULL
  UNION ALL
  SELECT x.node, y.node, 'same-sound', 1.0 - n.error
  FROM versions n
  JOIN track_nodes x ON x.source = 'file' AND x.blob = n.a
  JOIN track_nodes y ON y.source = 'file' AND y.blob = n.b
  -- An edit is a recording of its own.
  WHERE n.relation <> 'edit'
  UNION ALL
  SELECT before, node, if(equal, 'names+duration', 'like-names+duration'), if(equal, 0.9, 0.85)
  FROM runs WHERE one
  UNION ALL
  SELECT before, node, 'names+duration', 0.85 FROM unsaid WHERE other AND step <= 1000
  UNION ALL
  SELECT first, node, 'names+release', 0.8 FROM placed WHERE spread <= 4000
  UNION ALL
  SELECT a, b, reason, 0.75 FROM mistyped
  UNION ALL
  SELECT before, node, 'sound-of-names+duration', 0.75 FROM by_sound WHERE other AND step <= 2000
  UNION ALL
  SELECT latin, node, 'sound-of-names+release', 0.7 FROM placed_by_sound WHERE other_script AND spread <= 10000
  UNION ALL
  -- A file without tags is known by the name it was deposited under: the same words as a title, and the same length.
  SELECT least(f.node, t.node), greatest(f.node, t.node), 'file-name+duration', 0.7
  FROM track_nodes f
  JOIN (
    SELECT DISTINCT sha256, fold(regexp_extract(name, '([^/]*?)(\.[^./]*)?$', 1)) AS words FROM deposits
  ) d ON d.sha256 = f.blob
  JOIN track_nodes t ON fold(t.title) || t.apart = d.words AND t.source <> 'file' AND abs(t.duration_ms - f.duration_ms) <= 1000
  WHERE f.source = 'file' AND f.title = '' AND d.words <> ''
)
SELECT a, b, reason, confidence FROM grouped WHERE a <> b;
DROP TABLE track_told;
