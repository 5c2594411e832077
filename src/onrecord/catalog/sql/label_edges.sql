-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Why two label claims are taken to be one label. Companies give one label code to several labels, so the name must agree;
-- a name alone makes one where nothing tells them apart. A source that tells two labels of one name means two.
CREATE OR REPLACE TABLE label_edges AS
WITH named AS (
  SELECT * FROM label_nodes
  WHERE folded_name IN (SELECT folded_name FROM label_nodes WHERE folded_name <> '' GROUP BY folded_name HAVING count(*) > 1)
),
grouped AS (
  SELECT min(node) OVER (PARTITION BY mbid) AS a, node AS b, 'mbid' AS reason, 0.99::DOUBLE AS confidence
  FROM label_nodes WHERE mbid <> ''
  UNION ALL
  SELECT min(node) OVER (PARTITION BY isni), node, 'isni', 0.98 FROM label_nodes WHERE isni <> ''
  UNION ALL
  SELECT min(node) OVER (PARTITION BY code, folded_name), node, 'code+name', 0.97
  FROM (
    SELECT * FROM named WHERE code <> ''
    QUALIFY count(*) OVER (PARTITION BY code, folded_name, source) = 1
      AND count(DISTINCT nullif(mbid, '')) OVER (PARTITION BY code, folded_name) <= 1
  )
  UNION ALL
  SELECT min(node) OVER (PARTITION BY folded_name), node, 'name', 0.85
  FROM (
    SELECT * FROM named
    WINDOW w AS (PARTITION BY folded_name)
    QUALIFY count(*) OVER (PARTITION BY folded_name, source) = 1
      AND count(DISTINCT nullif(mbid, '')) OVER w <= 1 AND count(DISTINCT nullif(isni, '')) OVER w <= 1
      AND count(DISTINCT nullif(code, '')) OVER w <= 1 AND count(DISTINCT nullif(country, '')) OVER w <= 1
  )
)
SELECT DISTINCT a, b, reason, confidence FROM grouped WHERE a <> b;
