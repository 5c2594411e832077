-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Why two release claims are taken to be one release. A claim whose tracks are joined with no other is not looked at.
CREATE OR REPLACE TABLE release_edges AS
WITH mbids AS (
  SELECT hash(mbid) AS key FROM release_nodes WHERE mbid <> '' GROUP BY key HAVING count(*) > 1
),
codes AS (
  SELECT hash(barcode, folded_title) AS key FROM release_nodes WHERE barcode <> '' AND folded_title <> ''
  GROUP BY key HAVING count(*) > 1
),
grouped AS (
  SELECT min(node) OVER (PARTITION BY mbid) AS a, node AS b, 'mbid' AS reason, 0.99::DOUBLE AS confidence
  FROM release_nodes WHERE mbid <> '' AND hash(mbid) IN (SELECT key FROM mbids)
  UNION ALL
  SELECT min(node) OVER (PARTITION BY barcode, folded_title), node, 'barcode+title', 0.97
  FROM release_nodes
  WHERE barcode <> '' AND folded_title <> '' AND hash(barcode, folded_title) IN (SELECT key FROM codes)
  UNION ALL
  SELECT min(r.node) OVER (PARTITION BY r.folded_title, l.label), r.node, 'title+recording', 0.9
  FROM track_labels l
  JOIN track_nodes t ON t.node = l.node
  JOIN release_nodes r ON r.source = t.source AND r.id = t.release_id
  WHERE r.folded_title <> ''
)
SELECT DISTINCT a, b, reason, confidence FROM grouped WHERE a <> b;
