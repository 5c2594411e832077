-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Why two work claims are taken to be one work. An ISWC is evidence of identity, never proof: title or makers must agree.
-- Title and makers alone make none: the two must also be what one recording is called, with those makers. A source that
-- tells two works means two, and claims with two MBIDs are joined by nothing else.
CREATE OR REPLACE TABLE work_edges AS
WITH mbids AS (
  SELECT hash(mbid) AS key FROM work_nodes WHERE mbid <> '' GROUP BY key HAVING count(*) > 1
),
coded AS (
  SELECT * FROM work_nodes WHERE iswc IN (SELECT iswc FROM work_nodes WHERE iswc <> '' GROUP BY iswc HAVING count(*) > 1)
),
-- Works by the recordings that their own source calls so.
recorded AS MATERIALIZED (
  SELECT DISTINCT l.label, w.node, w.source, w.folded_title, w.makers, w.mbid, w.iswc
  FROM track_labels l
  JOIN track_nodes t ON t.node = l.node
  JOIN work_nodes w ON w.source = t.source AND w.title = t.title AND w.composer = t.composer
  WHERE w.folded_title <> '' AND w.makers <> ''
),
grouped AS (
  SELECT min(node) OVER (PARTITION BY mbid) AS a, node AS b, 'mbid' AS reason, 0.99::DOUBLE AS confidence
  FROM work_nodes WHERE mbid <> '' AND hash(mbid) IN (SELECT key FROM mbids)
  UNION ALL
  SELECT min(node) OVER (PARTITION BY iswc, folded_title), node, 'iswc+title', 0.97
  FROM (
    SELECT * FROM coded WHERE folded_title <> ''
    QUALIFY count(*) OVER (PARTITION BY iswc, folded_title, source) = 1
      AND count(DISTINCT nullif(mbid, '')) OVER (PARTITION BY iswc, folded_title) <= 1
  )
  UNION ALL
  SELECT min(node) OVER (PARTITION BY iswc, makers), node, 'iswc+composer', 0.95
  FROM (
    SELECT * FROM coded WHERE makers <> ''
    QUALIFY count(*) OVER (PARTITION BY iswc, makers, source) = 1
      AND count(DISTINCT nullif(mbid, '')) OVER (PARTITION BY iswc, makers) <= 1
  )
  UNION ALL
  SELECT min(node) OVER (PARTITION BY label, folded_title, makers), node, 'title+composer+recording', 0.85
  FROM (
    SELECT * FROM recorded
    WINDOW w AS (PARTITION BY label, folded_title, makers)
    QUALIFY count(*) OVER (PARTITION BY label, folded_title, makers, source) = 1
      AND count(DISTINCT nullif(mbid, '')) OVER w <= 1 AND count(DISTINCT nullif(iswc, '')) OVER w <= 1
  )
)
SELECT DISTINCT a, b, reason, confidence FROM grouped WHERE a <> b;
