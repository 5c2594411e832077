-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Why two artist claims are taken to be one artist. An equal name alone does not make one: the two must also be credited
-- on one recording. A claim whose tracks are joined with no other is not looked at.
CREATE OR REPLACE TABLE artist_edges AS
WITH mbids AS (
  SELECT hash(mbid) AS key FROM artist_nodes WHERE mbid <> '' GROUP BY key HAVING count(*) > 1
),
grouped AS (
  SELECT min(node) OVER (PARTITION BY mbid) AS a, node AS b, 'mbid' AS reason, 0.99::DOUBLE AS confidence
  FROM artist_nodes WHERE mbid <> '' AND hash(mbid) IN (SELECT key FROM mbids)
  UNION ALL
  SELECT min(a.node) OVER (PARTITION BY a.folded_name, l.label), a.node, 'name+recording', 0.9
  FROM track_labels l
  JOIN track_nodes t ON t.node = l.node
  JOIN artist_nodes a ON a.source = t.source AND a.id = t.artist_id
  WHERE a.folded_name <> ''
)
SELECT DISTINCT a, b, reason, confidence FROM grouped WHERE a <> b;
