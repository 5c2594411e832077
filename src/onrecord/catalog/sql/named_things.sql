-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What has a name in MusicBrainz's kinds and no page of its own, behind `named_facts`: `named_things`, one row
-- a work, a label, a release group that records name; and `named_links`, which things belong together. A canonical thing
-- goes by its canonical id; a release group, and a work or a label that is only mentioned, by its MBID, or by what it was
-- made from here. A release that no record puts into a group is one by itself: that is said nowhere here.
-- Works are those of `told_works`, links those of `told_releases` and `told_recordings`: of all, or of what an update touched.
-- Who says what of works and labels, in the order of precedence: source, id there, reason, and the fields (of which
-- `archive/named.py` has the names), null for one that is as the thing has it, and for an MBID that is the id.
CREATE OR REPLACE TABLE work_said AS
SELECT m.work, list([
    n.source, n.id, m.reason, if(n.title = w.title, NULL, n.title), if(n.mbid = n.id, NULL, n.mbid), n.iswc,
    if(n.composer = w.composer, NULL, n.composer), if(n.lyricist = w.lyricist, NULL, n.lyricist),
    if(n.language = w.language, NULL, n.language), if(n.kind = w.kind, NULL, n.kind)
  ] ORDER BY m.rank, n.source, n.id) AS claims
FROM told_work_members m JOIN work_nodes n ON n.node = m.node JOIN told_works w ON w.id = m.work GROUP BY m.work;

CREATE OR REPLACE TABLE label_said AS
SELECT m.label, list([
    n.source, n.id, m.reason, if(n.name = l.name, NULL, n.name), if(n.mbid = n.id, NULL, n.mbid),
    if(n.sort_name = l.sort_name, NULL, n.sort_name), if(n.isni = l.isni, NULL, n.isni),
    if(n.code = l.code, NULL, n.code), if(n.country = l.country, NULL, n.country), if(n.kind = l.kind, NULL, n.kind)
  ] ORDER BY m.rank, n.source, n.id) AS claims
FROM label_members m JOIN label_nodes n ON n.node = m.node JOIN canonical_labels l ON l.id = m.label GROUP BY m.label;

CREATE OR REPLACE TABLE named_labels AS
WITH said AS (
  SELECT coalesce(t.thing, c.mbid) AS thing, c.mbid, c.name, 0 AS rank
  FROM current_mentions c LEFT JOIN label_things t ON t.mbid = c.mbid WHERE c.kind = 'label'
  UNION ALL
  SELECT coalesce(n.thing, 'label/' || fold(r.label)), NULL, r.label, 1
  FROM (SELECT DISTINCT label FROM canonical_releases) r LEFT JOIN label_names n ON n.folded = fold(r.label)
)
SELECT
  l.id AS thing, coalesce(m.mbids, []) AS mbids, l.name, l.country, l.kind, l.code,
  to_json(struct_pack(
    name := l.name, sort_name := l.sort_name, isni := l.isni, code := l.code, country := l.country, kind := l.kind,
    claims := c.claims
  )) AS body
FROM canonical_labels l
LEFT JOIN label_mbids m ON m.thing = l.id
LEFT JOIN label_said c ON c.label = l.id
UNION ALL
SELECT
  s.thing, if(max(s.mbid) IS NULL, [], [max(s.mbid)]), arg_min(s.name, (s.rank, s.name)), '', '', '', NULL
FROM said s
WHERE fold(s.name) <> '' AND s.thing NOT IN (SELECT id FROM canonical_labels)
GROUP BY s.thing;

CREATE OR REPLACE TABLE named_links AS
WITH labelled AS (
  SELECT DISTINCT f.thing, l.thing AS label
  FROM release_ids f
  JOIN current_mentions c ON c.of = f.mbid AND c.of_kind = 'release' AND c.kind = 'label'
  LEFT JOIN label_things t ON t.mbid = c.mbid
  JOIN named_labels l ON l.thing = coalesce(t.thing, c.mbid)
),
one_way AS (
  SELECT 'artist' AS a_kind, artist AS a, 'release' AS b_kind, release AS b FROM told_artists
  UNION
  SELECT 'artist', a.thing, 'release-group', c.mbid
  FROM current_mentions c JOIN current_mentions o ON o.source = c.source AND o.record = c.record AND o.kind = 'artist'
  JOIN artist_ids a ON a.mbid = o.mbid
  WHERE c.of_kind = 'release-group' AND c.kind = 'release-group' AND c.of = c.mbid
  UNION
  SELECT 'release-group', mbid, 'release', release FROM release_groups
  UNION
  SELECT 'label', label, 'release', thing FROM labelled
  UNION
  SELECT 'label', coalesce(n.thing, 'label/' || fold(r.label)), 'release', r.id
  FROM told_releases r LEFT JOIN label_names n ON n.folded = fold(r.label)
  WHERE fold(r.label) <> '' AND r.id NOT IN (SELECT thing FROM labelled)
  UNION
  SELECT 'work', coalesce(t.thing, c.mbid), 'recording', r.id
  FROM (SELECT id, unnest(mbids) AS mbid FROM told_recordings) r
  JOIN current_mentions c ON c.of = r.mbid AND c.of_kind = 'recording' AND c.kind = 'work'
  LEFT JOIN work_things t ON t.mbid = c.mbid
)
SELECT a, b_kind AS kind, b FROM one_way UNION SELECT b, a_kind, a FROM one_way;

CREATE OR REPLACE TABLE named_things AS
SELECT
  'release-group' AS kind, g.mbid AS thing, [g.mbid] AS mbids,
  coalesce(max(c.name) FILTER (WHERE c.name <> ''), min(r.title)) AS name, coalesce(min(r.artist), '') AS artist,
  coalesce(list(r.title) FILTER (WHERE r.title IS NOT NULL), []) AS releases, '' AS label, [] :: VARCHAR[] AS others,
  coalesce(min(r.date) FILTER (WHERE r.date <> ''), '') AS date,
  list_concat(
    coalesce(list(DISTINCT 'type=' || f.kind) FILTER (WHERE f.kind <> ''), []),
    coalesce(list(DISTINCT 'primarytype=' || f.kind) FILTER (WHERE f.kind <> ''), []),
    list_distinct(flatten(list(['reid=' || mbid FOR mbid IN f.mbids]))),
    list_distinct(flatten(list(coalesce(['arid=' || mbid FOR mbid IN a.mbids], []))))
  ) AS codes, CAST(NULL AS JSON) AS body
FROM (
  SELECT mbid, release FROM release_groups
  UNION
  SELECT mbid, NULL FROM current_mentions WHERE of_kind = 'release-group' AND kind = 'release-group' AND of = mbid
    AND mbid NOT IN (SELECT mbid FROM release_groups)
) g
LEFT JOIN canonical_releases r ON r.id = g.release
LEFT JOIN release_facts f ON f.thing = g.release
LEFT JOIN release_artists x ON x.release = g.release
LEFT JOIN artist_mbids a ON a.thing = x.artist
LEFT JOIN (SELECT mbid, max(name) AS name FROM current_mentions WHERE kind = 'release-group' GROUP BY mbid) c ON c.mbid = g.mbid
GROUP BY g.mbid
UNION ALL
SELECT
  'work', w.id, w.mbids, w.title, concat_ws(', ', nullif(w.composer, ''), nullif(w.lyricist, '')), [], '', [], '',
  list_concat(['iswc=' || code FOR code IN w.iswcs], ['lang=' || w.language, 'type=' || w.kind]),
  to_json(struct_pack(
    title := w.title, iswcs := w.iswcs, iswc := array_to_string(w.iswcs, ', '), composer := w.composer,
    lyricist := w.lyricist, language := w.language, kind := w.kind, claims := c.claims
  ))
FROM told_works w
LEFT JOIN work_said c ON c.work = w.id
UNION ALL
SELECT 'work', c.mbid, [c.mbid], max(c.name), '', [], '', [], '', [], NULL
FROM current_mentions c
WHERE c.kind = 'work' AND c.mbid NOT IN (SELECT mbid FROM work_things)
GROUP BY c.mbid
UNION ALL
SELECT
  'label', thing, mbids, name, '', [], name, [], '',
  ['country=' || country, 'type=' || kind, 'code=' || ltrim(replace(code, 'LC', ''), '0')], body
FROM named_labels;
