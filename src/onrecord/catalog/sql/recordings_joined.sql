-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Canonical rows of recordings of several claims, of which {said} has all: for each field the first that says something,
-- for a length a file before all others.
SELECT
  r.id, if(r.title = '', coalesce(d.name, ''), r.title) AS title, r.artist, r.artist_id, r.duration_ms, r.date, r.genre, r.composer,
  r.isrcs, r.mbids, r.founded_by, r.founded_as
FROM (
  SELECT
    id,
    coalesce(arg_min(title, (rank, source, source_id)) FILTER (WHERE title <> ''), '') AS title,
    coalesce(arg_min(artist, (rank, source, source_id)) FILTER (WHERE artist <> ''), '') AS artist,
    coalesce(arg_min(artist_id, (rank, source, source_id)) FILTER (WHERE artist_id <> ''), '') AS artist_id,
    arg_min(duration_ms, (if(source = 'file', 0, 1), rank, source, source_id)) FILTER (WHERE duration_ms IS NOT NULL)
      AS duration_ms,
    coalesce(arg_min(date, (rank, source, source_id)) FILTER (WHERE date <> ''), '') AS date,
    coalesce(arg_min(genre, (rank, source, source_id)) FILTER (WHERE genre <> ''), '') AS genre,
    coalesce(arg_min(composer, (rank, source, source_id)) FILTER (WHERE composer <> ''), '') AS composer,
    coalesce(list_sort(list(DISTINCT isrc) FILTER (WHERE isrc <> '')), []) AS isrcs,
    coalesce(list_sort(list(DISTINCT mbid) FILTER (WHERE mbid <> '')), []) AS mbids,
    coalesce(arg_min(file, (first_seq, file)) FILTER (WHERE file <> ''), '') AS file,
    any_value(source) FILTER (WHERE founds) AS founded_by, any_value(source_id) FILTER (WHERE founds) AS founded_as
  FROM {said}
  GROUP BY id
) r
LEFT JOIN deposited_names d ON d.sha256 = r.file AND r.title = ''
