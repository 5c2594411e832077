-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Why two artist claims are taken to be one artist. An equal name alone does not make one: the two must also be credited
-- on one recording. A claim whose tracks are joined with no other is not looked at.
CREATE OR REPLACE TABLE artist_edges AS
WITH mbids AS (
  SELECT hash(mbid) AS key FROM artist_nodes WHERE mbid <> '' GROUP BY key HAVING count(*) > 1
),
isnis AS (
  SELECT hash(isni) AS key FROM artist_nodes WHERE isni <> '' GROUP BY key HAVING count(*) > 1
),
credited AS MATERIALIZED (
  SELECT DISTINCT l.label, a.node, comparable_artist(a.folded_name) AS name
  FROM track_labels l
  JOIN track_nodes t ON t.node = l.node
  JOIN artist_nodes a ON a.source = t.source AND a.id = t.artist_id
  WHERE a.folded_name <> ''
),
-- Recordings whose artist is written in two scripts.
scripts AS (
  SELECT label FROM credited GROUP BY label HAVING bool_or(is_foreign(name)) AND NOT bool_and(is_foreign(name))
),
grouped AS (
  SELECT min(node) OVER (PARTITION BY mbid) AS a, node AS b, 'mbid' AS reason, 0.99::DOUBLE AS confidence
  FROM artist_nodes WHERE mbid <> '' AND hash(mbid) IN (SELECT key FROM mbids)
  UNION ALL
  SELECT min(node) OVER (PARTITION BY isni), node, 'isni', 0.98
  FROM artist_nodes WHERE isni <> '' AND hash(isni) IN (SELECT key FROM isnis)
  UNION ALL
  SELECT min(node) OVER (PARTITION BY name, label), node, 'name+recording', 0.9 FROM credited
  UNION ALL
  SELECT min(c.node) OVER (PARTITION BY sounded(c.name), c.label), c.node, 'sound-of-name+recording', 0.85
  FROM credited c JOIN scripts s ON s.label = c.label
)
SELECT DISTINCT a, b, reason, confidence FROM grouped WHERE a <> b;
