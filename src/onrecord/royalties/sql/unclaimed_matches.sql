-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Each pair of a line of the collective and a thing of ours that agree in something, with what they agree in; then the
-- best reason of each line. Two songs of ours that fit a line equally well are both given, with `fits` 2.
CREATE TABLE near_titles AS
SELECT DISTINCT share, title_key(title) AS key, fold(title) AS whole
FROM (
  SELECT share, unnest([title, title || ' ' || subtitle, work_title] || string_split(alternative, '|')) AS title FROM near
) WHERE title_key(title) <> '';

CREATE TABLE near_writers AS
SELECT s.work, list(DISTINCT person(p.name)) AS writers
FROM workrightshares s JOIN parties p ON p.party = s.party
WHERE s.kind LIKE '%ManuscriptShare%' AND s.work IN (SELECT work FROM near WHERE work <> '')
GROUP BY s.work;

CREATE TABLE agreed AS
SELECT share, id, bool_or(code) AS code, bool_or(iswc) AS iswc, bool_or(title) AS title, bool_or(whole) AS whole
FROM (
  SELECT n.share, o.id, true AS code, false AS iswc, false AS title, false AS whole
  FROM near n JOIN our_isrcs o ON o.isrc = n.isrc WHERE n.isrc <> ''
  UNION ALL
  SELECT n.share, o.id, false, true, false, false FROM near n JOIN ours o ON o.iswc = n.iswc WHERE n.iswc <> ''
  UNION ALL
  SELECT n.share, o.id, false, false, true, n.whole = o.whole
  FROM near_titles n JOIN our_titles o ON o.key = n.key
) GROUP BY share, id;

CREATE TABLE graded AS
SELECT share, id, song, code, confidence
FROM (
  SELECT a.share, a.id, coalesce(s.work, a.id) AS song,
         CASE WHEN a.code AND a.title THEN 'M-CODE-TITLE'
              WHEN a.iswc AND (a.title OR n.title = '') THEN 'M-WORK'
              WHEN a.title AND same_artist AND same_writer THEN 'M-TITLE-ARTIST-WRITER'
              WHEN a.code AND (n.title = '' OR o.title = '') THEN 'M-CODE'
              WHEN a.iswc THEN 'M-WORK-OTHER-TITLE'
              WHEN a.title AND same_artist AND a.whole THEN 'M-TITLE-ARTIST'
              WHEN a.title AND same_writer THEN 'M-TITLE-WRITER'
              WHEN a.title AND same_artist THEN 'M-VERSION-ARTIST'
              WHEN a.code THEN 'M-CODE-OTHER-TITLE' END AS code
  FROM (
    SELECT a.*, n.work, list_has_any(artists(n.artist), o.names || coalesce(sung.names, [])) AS same_artist,
           list_has_any(coalesce(w.writers, []), o.writers || coalesce(sung.writers, [])) AS same_writer
    FROM agreed a JOIN near n USING (share) JOIN ours o USING (id) JOIN song_of s USING (id)
    LEFT JOIN ours sung ON sung.id = s.work
    LEFT JOIN near_writers w ON n.work <> '' AND w.work = n.work
  ) a JOIN near n USING (share) JOIN ours o USING (id) JOIN song_of s USING (id)
) JOIN reasons USING (code);

CREATE TABLE matches AS
WITH best AS (
  SELECT *, max(confidence) OVER (PARTITION BY share) AS most FROM graded
), kept AS (
  SELECT share, song, min(id) AS id, min(code) AS code, any_value(confidence) AS confidence
  FROM best WHERE confidence = most GROUP BY share, song
)
SELECT k.*, count(*) OVER (PARTITION BY share) AS fits FROM kept k;
