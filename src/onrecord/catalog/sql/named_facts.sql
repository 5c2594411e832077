-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What `named_things.sql` rests on, after `match` and with `current_mentions`: which MBID and which name is of which thing, and
-- whom releases name. Releases are those of `told_members`, as whom they name whom is in `told_credits` and who that is in
-- `told_makers`: all, or of an update those that matter (`touched_links.sql`).
CREATE OR REPLACE TABLE artist_mbids AS
SELECT m.artist AS thing, list_sort(list(DISTINCT n.mbid)) AS mbids
FROM artist_members m JOIN artist_nodes n ON n.node = m.node WHERE n.mbid <> '' GROUP BY m.artist;

CREATE OR REPLACE TABLE artist_ids AS SELECT thing, unnest(mbids) AS mbid FROM artist_mbids;

CREATE OR REPLACE TABLE release_ids AS
SELECT DISTINCT m.release AS thing, n.mbid FROM told_members m JOIN release_nodes n ON n.node = m.node WHERE n.mbid <> '';

CREATE OR REPLACE TABLE release_artists AS
SELECT DISTINCT n.release, x.artist
FROM told_credits n
JOIN told_makers x ON x.source = n.source AND x.folded_name = fold(n.artist)
WHERE n.artist <> ''
UNION
SELECT f.thing, a.thing
FROM release_ids f
JOIN current_mentions c ON c.of = f.mbid AND c.of_kind = 'release' AND c.kind = 'artist'
JOIN artist_ids a ON a.mbid = c.mbid;

CREATE OR REPLACE TABLE release_groups AS
SELECT f.thing AS release, min(c.mbid) AS mbid
FROM release_ids f
JOIN current_mentions c ON c.of = f.mbid AND c.of_kind = 'release' AND c.kind = 'release-group'
GROUP BY f.thing;

CREATE OR REPLACE TABLE release_facts AS
SELECT
  m.release AS thing,
  coalesce(list_sort(list(DISTINCT n.mbid) FILTER (WHERE n.mbid <> '')), []) AS mbids,
  coalesce(arg_min(n.kind, (m.rank, n.source, n.id)) FILTER (WHERE n.kind <> ''), '') AS kind
FROM release_groups g JOIN told_members m ON m.release = g.release JOIN release_nodes n ON n.node = m.node
GROUP BY m.release;

-- Which work an MBID or an ISWC is of; where persons keep apart what bears one MBID, the first.
CREATE OR REPLACE TABLE work_things AS
SELECT mbid, min(thing) AS thing FROM (SELECT id AS thing, unnest(mbids) AS mbid FROM canonical_works) GROUP BY mbid;

CREATE OR REPLACE TABLE current_works AS SELECT id AS thing, unnest(iswcs) AS iswc FROM canonical_works;

CREATE OR REPLACE TABLE label_mbids AS
SELECT m.label AS thing, list_sort(list(DISTINCT n.mbid)) AS mbids
FROM label_members m JOIN label_nodes n ON n.node = m.node WHERE n.mbid <> '' GROUP BY m.label;

CREATE OR REPLACE TABLE label_things AS
SELECT mbid, min(thing) AS thing FROM (SELECT thing, unnest(mbids) AS mbid FROM label_mbids) GROUP BY mbid;

-- Which label a name is of, where it is of one alone: of those with an MBID, else of all.
CREATE OR REPLACE TABLE label_names AS
WITH named AS (
  SELECT fold(l.name) AS folded, l.id AS thing, m.thing IS NOT NULL AS coded
  FROM canonical_labels l LEFT JOIN label_mbids m ON m.thing = l.id
  UNION
  SELECT fold(c.name), coalesce(t.thing, c.mbid), true
  FROM current_mentions c LEFT JOIN label_things t ON t.mbid = c.mbid WHERE c.kind = 'label'
)
SELECT
  folded,
  if(count(DISTINCT thing) FILTER (WHERE coded) = 1, min(thing) FILTER (WHERE coded), min(thing)) AS thing
FROM named WHERE folded <> ''
GROUP BY folded
HAVING count(DISTINCT thing) FILTER (WHERE coded) = 1 OR count(DISTINCT thing) = 1;
