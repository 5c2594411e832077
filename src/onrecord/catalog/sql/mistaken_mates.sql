-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Behind `track_mates` of claims that changed: those of `near_mates` that may be joined otherwise (`mistaken_mates`, `node`). A
-- join by names that are alike is one between neighbours in the order of lengths, so whoever comes or goes may part or
-- bring together others. But both are as long as each other and one typing mistake apart (`track_edges.sql`): who has
-- nobody of that kind in the group is joined with nobody in it, before and now.
CREATE OR REPLACE TABLE near_keys AS
SELECT k.node, k.key, t.duration_ms, k.node IN (FROM same_mates) AS sure
FROM (SELECT node, unnest([beginning, ending, place]) AS key FROM near_mates) k
SEMI JOIN wanted_keys w ON w.key = k.key
JOIN (SELECT node, duration_ms FROM numbered_tracks SEMI JOIN near_mates USING (node)) t ON t.node = k.node;

-- As long as each other. Lengths are by steps, so that of many only those are compared that are near.
CREATE OR REPLACE TABLE near_pairs AS
SELECT x.node AS a, y.node AS b
FROM (SELECT *, duration_ms // 2000 AS step FROM near_keys WHERE key >> 56 = 1) x
JOIN (SELECT *, unnest([duration_ms // 2000 - 1, duration_ms // 2000, duration_ms // 2000 + 1]) AS step FROM near_keys WHERE key >> 56 = 1) y
  ON y.key = x.key AND y.step = x.step
WHERE x.node < y.node AND NOT (x.sure AND y.sure) AND abs(x.duration_ms - y.duration_ms) <= 2000
UNION
SELECT x.node, y.node
FROM near_keys x JOIN near_keys y ON y.key = x.key
WHERE x.key >> 56 = 2 AND x.node < y.node AND NOT (x.sure AND y.sure)
  AND coalesce(abs(x.duration_ms - y.duration_ms) <= 2000, true);

CREATE OR REPLACE TABLE near_nodes AS SELECT a AS node FROM near_pairs UNION SELECT b FROM near_pairs;

CREATE OR REPLACE TABLE near_names AS
SELECT node, words, comparable_artist(credit) AS artist, told_as(short, release) AS title
FROM (
  SELECT node, words, credit, release, comparable_title(bare) AS short
  FROM (
    SELECT *, bare_title(raw_title, words) AS bare
    FROM (SELECT node, title AS raw_title, fold(title) AS words, fold(artist) AS credit, release FROM ({near}))
  )
);

CREATE OR REPLACE TABLE mistaken_mates AS
WITH named AS MATERIALIZED (
  SELECT a, b, x, y FROM near_pairs
  JOIN (SELECT node, n AS x FROM near_names n) ON node = a JOIN (SELECT node AS other, n AS y FROM near_names n) ON other = b
),
alike AS MATERIALIZED (
  SELECT * FROM named
  WHERE x.artist = y.artist AND x.title <> y.title AND len(x.title) >= 4 AND len(y.title) >= 4
    AND hardly_differ(x.title, y.title)
)
SELECT unnest([a, b]) AS node FROM alike WHERE one_mistake(x.title, y.title, x.words, y.words)
UNION ALL
-- Titles in two scripts at one place are joined whatever they say, by all that stand there.
SELECT node FROM track_keys WHERE place IN (
  SELECT place FROM track_keys WHERE place IN (FROM wanted_keys)
  GROUP BY place HAVING bool_or(other_title) AND NOT bool_and(other_title)
);
