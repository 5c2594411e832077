-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Why two track claims are taken to be one recording: what is told of them (`track_told.sql`), of all or of those that
-- belong together. Each group is joined to its first member or along a row of neighbours, so the job is linear. Where only
-- some of a group are compared, they stand in the order of what they say, not of how they came.
INSERT INTO track_edges
WITH
-- 1. Same title, same artist, and lengths that follow each other within three seconds. A row of lengths that leads from one
-- recording to another, more than four seconds, joins only those within one second of each other, and nothing where that
-- leads as far. Who is credited with others is compared alone as well.
alike AS (
  SELECT node, duration_ms, name AS key, words_key AS words, place, release_key AS release
  FROM track_told WHERE name IS NOT NULL
),
steps AS (
  SELECT
    node, key, duration_ms, words, lag(node) OVER w AS before, words = lag(words) OVER w AS equal,
    (duration_ms - lag(duration_ms) OVER w > 3000)::BIGINT AS step,
    (duration_ms - lag(duration_ms) OVER w > 1000)::BIGINT AS short_step
  FROM alike
  WHERE duration_ms IS NOT NULL
  WINDOW w AS (PARTITION BY key ORDER BY duration_ms, words, node)
),
numbered AS (
  SELECT *, coalesce(sum(step) OVER w, 0) AS run, coalesce(sum(short_step) OVER w, 0) AS short_run
  FROM steps
  WINDOW w AS (PARTITION BY key ORDER BY duration_ms, words, node)
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
  WINDOW w AS (PARTITION BY plain ORDER BY duration_ms, on_live, words_key, release_key, node)
),
-- 2. A claim without a length is known by its release: same title, artist and name of the release, where no release has the
-- title twice and the lengths that are told are one. Known by it as well is one whose length is somewhat another.
lacking AS (
  SELECT place FROM alike WHERE place IS NOT NULL GROUP BY place
  HAVING count(*) > 1 AND (bool_or(duration_ms IS NULL) OR max(duration_ms) - min(duration_ms) > 3000)
),
once AS (
  SELECT node, place, duration_ms FROM alike SEMI JOIN lacking USING (place)
  QUALIFY count(*) OVER (PARTITION BY place, release) = 1
),
placed AS (
  SELECT
    node, min(node) OVER w AS first,
    coalesce(max(duration_ms) OVER w - min(duration_ms) OVER w, 0) AS spread,
    if(bool_or(duration_ms IS NULL) OVER w, 4000, 6000) AS most
  FROM once
  WINDOW w AS (PARTITION BY place)
),
-- A claim without a length on a release that no other names: same title and artist, where all that tell a length tell one
-- recording, and no other lacks it. Several that lack it may be several recordings.
lone AS (
  SELECT key, min(node) FILTER (WHERE duration_ms IS NOT NULL) AS first FROM alike
  GROUP BY key
  HAVING max(duration_ms) - min(duration_ms) <= 3000
    AND count(DISTINCT coalesce(place, 0)) FILTER (WHERE duration_ms IS NULL) = 1
    AND count(*) FILTER (WHERE duration_ms IS NULL) = count(DISTINCT release) FILTER (WHERE duration_ms IS NULL)
),
-- Same artist, one title with a subtitle and one without, and lengths within a second of each other. Not where the artist has
-- both on one release, nor where several subtitles are as long.
mained AS (
  SELECT node, main AS key, title_key, subtitled, duration_ms, if(unlisted, NULL, release_key) AS list
  FROM track_told WHERE main IS NOT NULL
),
both_on_one AS (
  SELECT key FROM mained WHERE list IS NOT NULL GROUP BY key, list HAVING bool_or(subtitled) AND NOT bool_and(subtitled)
),
main_steps AS (
  SELECT *, (duration_ms - lag(duration_ms) OVER w > 1000)::BIGINT AS step
  FROM mained ANTI JOIN both_on_one USING (key)
  WINDOW w AS (PARTITION BY key ORDER BY duration_ms, node)
),
main_runs AS (
  SELECT *, coalesce(sum(step) OVER w, 0) AS run FROM main_steps
  WINDOW w AS (PARTITION BY key ORDER BY duration_ms, node)
),
mains AS (
  SELECT
    node, min(node) OVER w AS first, max(duration_ms) OVER w - min(duration_ms) OVER w AS spread,
    bool_or(subtitled) OVER w AND NOT bool_and(subtitled) OVER w AS one_each, count(DISTINCT title_key) OVER w AS titles
  FROM main_runs
  WINDOW w AS (PARTITION BY key, run)
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
  WINDOW w AS (PARTITION BY use, key, artist ORDER BY duration_ms, title, words, claim)
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
    node, duration_ms, words, claim, other_script, hash(title, artist) AS key,
    if(release = '', NULL, hash(title, artist, release)) AS place
  FROM (
    SELECT node, duration_ms, words, claim, other_script, sound AS artist, sounded(release) AS release, sounded(title) AS title
    FROM (
      SELECT
        node, duration_ms, words, claim, sound, is_foreign(words || artist) AS other_script, voiced(release, fold(release)) AS release,
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
  WINDOW w AS (PARTITION BY key ORDER BY duration_ms, other_script, words, claim)
),
placed_by_sound AS (
  SELECT
    node, other_script, arg_min(node, (duration_ms IS NULL, duration_ms, words, claim)) FILTER (WHERE NOT other_script) OVER w AS latin,
    coalesce(max(duration_ms) OVER w - min(duration_ms) OVER w, 0) AS spread
  FROM either
  WHERE place IN (
    SELECT place FROM either GROUP BY place
    HAVING bool_or(duration_ms IS NULL) AND bool_or(other_script) AND NOT bool_and(other_script)
  )
  WINDOW w AS (PARTITION BY place)
),
-- 5. Another script, whatever it sounds like: the same artist, place and name of the release, and lengths and versions agree.
-- One title in Latin letters alone: of two, which is meant is not told. Where a length is not told, one in the other as well.
written AS (
  SELECT
    node, other, duration_ms,
    arg_min(node, (duration_ms IS NULL, duration_ms, words, claim)) FILTER (WHERE NOT other) OVER w AS latin,
    coalesce(max(duration_ms) OVER w - min(duration_ms) OVER w, 0) AS spread, bool_or(duration_ms IS NULL) OVER w AS unsaid,
    count(DISTINCT if(other, title, NULL)) OVER w AS others, count(DISTINCT if(other, NULL, title)) OVER w AS latins
  FROM (
    SELECT
      node, key, artist, title, duration_ms, words, claim, is_other(raw_title) AS other, tells_other_version(words) AS version,
      split_part(title, '|', 2) AS versions
    FROM track_told WHERE use = 'near-names+release'
  )
  WINDOW w AS (PARTITION BY key, artist, version, versions)
),
grouped AS (
  -- An ISRC is evidence of identity, never proof: codes are reused, so the title has to agree.
  SELECT
    min(node) OVER (PARTITION BY code) AS a, node AS b, 'isrc+title' AS reason, 0.98::DOUBLE AS confidence
  FROM track_told WHERE code IS NOT NULL
  UNION ALL
  SELECT before, node, if(equal, 'names+duration', 'like-names+duration'), if(equal, 0.9, 0.85)
  FROM runs WHERE one
  UNION ALL
  SELECT before, node, 'names+duration', 0.85 FROM unsaid WHERE other AND step <= 1000
  UNION ALL
  SELECT first, node, 'names+release', 0.8 FROM placed WHERE spread <= most
  UNION ALL
  SELECT l.first, a.node, 'names-alone', 0.6 FROM alike a JOIN lone l ON l.key = a.key WHERE a.duration_ms IS NULL AND a.place IS NOT NULL
  UNION ALL
  SELECT first, node, 'subtitle+duration', 0.7 FROM mains WHERE one_each AND titles = 2 AND spread <= 2000
  UNION ALL
  SELECT a, b, reason, 0.75 FROM mistyped
  UNION ALL
  SELECT latin, node, 'script+release+place', if(unsaid, 0.65, 0.75) FROM written
  WHERE other AND spread <= 3000 AND latins = 1 AND (NOT unsaid OR others <= 2)
  UNION ALL
  SELECT before, node, 'sound-of-names+duration', 0.75 FROM by_sound WHERE other AND step <= 2000
  UNION ALL
  SELECT latin, node, 'sound-of-names+release', 0.7 FROM placed_by_sound WHERE other_script AND spread <= 10000
)
SELECT a, b, reason, confidence FROM grouped WHERE a <> b;
