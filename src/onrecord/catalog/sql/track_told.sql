-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What is compared of track claims: hashes where two are equal or not, text where they are like each other.
CREATE OR REPLACE VIEW track_telling AS
SELECT
  together, use, key, sound, node, duration_ms, release_key, unlisted, on_live,
  hash(words) AS words_key,
  if(use IN ('name', 'first name') AND NOT is_nobody(artist), hash(title, artist), NULL) AS name,
  if(
    use IN ('name', 'first name') AND release <> '',
    hash(title, artist, coalesce(nullif(close_up(whole_release), ''), release)), NULL
  ) AS place,
  if(use IN ('name', 'first name') AND on_live IS NOT NULL AND NOT is_nobody(artist), hash(but_live(title), artist), NULL)
    AS plain,
  if(use = 'code', hash(isrc, title), NULL) AS code,
  if(use = 'subtitle', hash(if(main = '', title, comparable_main(main || apart, release)), artist), NULL) AS main,
  main <> '' AS subtitled,
  if(use = 'subtitle', hash(title), NULL) AS title_key,
  if(use IN ('near-names+duration', 'near-names+release', 'sound'), words, NULL) AS words,
  if(use IN ('near-names+duration', 'near-names+release', 'sound'), title, NULL) AS title,
  if(use IN ('near-names+duration', 'near-names+release', 'sound'), artist, NULL) AS artist,
  if(use IN ('near-names+duration', 'near-names+release', 'sound'), hash(source, id), NULL) AS claim,
  if(use IN ('near-names+release', 'sound'), raw_title, NULL) AS raw_title,
  if(use = 'sound', release, NULL) AS release
FROM (
  -- What stands before a subtitle; and was it played live? Of what neither title nor release says that is not known, where no release is named.
  SELECT
    * EXCLUDE (short, before), told_as(short, release) AS title,
    if(use = 'subtitle', main_words(before, raw_title, words), '') AS main,
    CASE WHEN contains(short, 'live') THEN NULL WHEN release = '' THEN false WHEN is_live(release) THEN true END AS on_live
  FROM (
    SELECT
      * EXCLUDE (bare, credit, folded_release), without_disc(folded_release) AS whole_release, comparable_title(bare) AS short,
      comparable_artist(credit) AS artist
    FROM (
      SELECT
        * EXCLUDE (artist, folded), folded || apart AS words, bare_title(raw_title, folded) AS bare,
        if(use IN ('name', 'first name'), fold(release), '') AS folded_release,
        fold(if(use = 'first name', first_artist(artist), artist)) AS credit
      FROM (
        -- What is chosen is few: its names are folded behind the join.
        SELECT
          c.together, c.use, c.key, c.sound, t.node, t.source, t.id, hash(t.source, t.release_id) AS release_key, t.release, t.duration_ms,
          t.isrc, t.title AS raw_title, t.artist, fold(t.title) AS folded, t.apart, t.release_id = '' AS unlisted,
          if(c.use = 'subtitle', before_subtitle(t.title), '') AS before
        FROM track_nodes t JOIN track_chosen c ON c.node = t.node
      )
    )
  )
);
