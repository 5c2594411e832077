-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What each track claim of log entry {seq} can be joined by, in the order of its rows: two that are compared with each other
-- (`track_edges.sql`) have a key in common. A key is an artist's hash and some bits beside it (`key_bits.sql`), which
-- `track_keys.sql` puts together: in the tracks of one artist they tell enough. Made once; rows of a log entry do not change.
SELECT
  seq, (artist::UBIGINT << 32) + spelling AS who, if(is_first, first, NULL) AS first, foreign_title, other_title, long,
  if(words, name_bits(title, but_live(title)) + if(long, start_bits(right(title, 5)) << 23, 0), NULL)::UINTEGER AS title,
  if(main IS NULL, NULL, name_bits(main, but_live(main)))::UINTEGER AS subtitle,
  sounding::USMALLINT AS sounding,
  if(placed, hash(lower(release)) & 4095, NULL)::USMALLINT AS list,
  if(placed, xor(position & 4095, (coalesce(disc, 0) & 15) << 8), NULL)::USMALLINT AS seat
FROM (
  SELECT
    *,
    words AND first_name <> name AND NOT is_nobody(first_name) AS is_first,
    words AND len(title) >= 11 AND duration_ms IS NOT NULL AND NOT is_nobody(name) AS long,
    words AND release <> '' AND position IS NOT NULL AND NOT is_nobody(name) AS placed,
    if(lead <> '' AND NOT is_nobody(name), comparable_main(lead, release), NULL) AS main,
    CASE
      WHEN NOT words THEN NULL
      WHEN NOT contains(title, '|') AND is_voiced(raw_title) THEN sound_bits(voiced(raw_title, title))
      WHEN contains(title, '/') THEN sound_bits(title)
    END AS sounding
  FROM (
    SELECT
      *, told_as(short, release) AS title, if(words, if(other, is_foreign(folded), false), NULL) AS foreign_title,
      if(words, other, NULL) AS other_title, if(words AND duration_ms IS NOT NULL, main_words(before, raw_title, folded), '') AS lead
    FROM (
      -- A step at a time: a macro works out anew whatever it names twice.
      SELECT *, comparable_title(bare) AS short
      FROM (
        SELECT *, bare_title(raw_title, folded) AS bare
        FROM (
          SELECT
            t.node, t.seq, t.title AS raw_title, fold(t.title) AS folded, has_words(t.title) AS words,
            is_other(t.title) AS other, before_subtitle(t.title) AS before, t.release, t.disc,
            t.position, t.duration_ms, s.spelling, s.artist, s.first, s.name, s.first_name
          FROM numbered_tracks t
          JOIN (
            SELECT
              artist AS said, hint('spelling', artist) AS spelling, name, first_name, hint('artist', name) AS artist,
              hint('artist', first_name) AS first
            FROM (
              SELECT artist, comparable_artist(credit) AS name, comparable_artist(first_credit) AS first_name
              FROM (
                SELECT artist, fold(artist) AS credit, fold(first_artist(artist)) AS first_credit
                FROM (SELECT DISTINCT artist FROM tracks WHERE seq = {seq})
              )
            )
          ) s ON s.said = t.artist
          WHERE t.seq = {seq}
        )
      )
    )
  )
)
ORDER BY node
