-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What is ours: the recordings of the books, beside the works of registrations that are in `works_ours_read`. A recording
-- belongs to the work that names its code, else to the one work with its title and a performer of its name, else it
-- stands for its song, with all spellings of its code.
CREATE TABLE recordings_ours AS
SELECT isrc, iswc_of(work) AS iswc, title, artist, min({'file': file, 'row': "row"}) AS place
FROM lines WHERE isrc <> '' OR title <> ''
GROUP BY isrc, iswc_of(work), title, artist;

CREATE TABLE ours AS
SELECT *, row_number() OVER (ORDER BY kind, number, isrcs, iswc, title, artist, place) AS id
FROM (
  SELECT 'recording' AS kind, '' AS number, list_filter([isrc], lambda code: code <> '') AS isrcs, iswc, title, artist,
         [title] AS titles, artists(artist) AS names, CAST([] AS VARCHAR[]) AS writers, place
  FROM recordings_ours
  UNION ALL
  SELECT 'work', number, isrcs, iswc, title, array_to_string(performers, ', '), titles,
         list_filter(list_transform(performers, lambda name: fold(name)), lambda name: name <> ''),
         list_filter(list_transform(writers, lambda name: person(name)), lambda name: name <> ''),
         {'file': file, 'row': "row"}
  FROM works_ours_read
);

CREATE TABLE our_isrcs AS SELECT DISTINCT id, unnest(isrcs) AS isrc FROM ours;
CREATE TABLE our_titles AS
SELECT DISTINCT id, title_key(title) AS key, fold(title) AS whole
FROM (SELECT id, unnest(titles) AS title FROM ours) WHERE title_key(title) <> '';

CREATE TABLE song_of AS
WITH works_ours AS (SELECT * FROM ours WHERE kind = 'work'),
by_code AS (
  SELECT r.id, min(w.id) AS work, count(DISTINCT w.id) AS works
  FROM ours r JOIN our_isrcs i ON i.id = r.id JOIN our_isrcs j ON j.isrc = i.isrc JOIN works_ours w ON w.id = j.id
  WHERE r.kind = 'recording' GROUP BY r.id
),
by_name AS (
  SELECT r.id, min(w.id) AS work, count(DISTINCT w.id) AS works
  FROM ours r JOIN our_titles t ON t.id = r.id JOIN our_titles u ON u.key = t.key JOIN works_ours w ON w.id = u.id
  WHERE r.kind = 'recording' AND list_has_any(r.names, w.names) GROUP BY r.id
)
SELECT o.id, coalesce(CASE WHEN c.works = 1 THEN c.work END, CASE WHEN c.works IS NULL AND n.works = 1 THEN n.work END,
                      CASE WHEN o.kind = 'recording' THEN min(o.id) OVER (
                        PARTITION BY o.kind, coalesce(o.isrcs[1], fold(o.title) || chr(0) || fold(o.artist))
                      ) END, o.id) AS work
FROM ours o LEFT JOIN by_code c USING (id) LEFT JOIN by_name n USING (id);
