-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Why two release claims are taken to be one release. A claim whose tracks are joined with no other is not looked at.
-- Editions of an album share title and recordings: another barcode, number of tracks, year or MBID is another release, and
-- a source that tells two releases means two.
CREATE OR REPLACE TABLE release_edges AS
WITH mbids AS (
  SELECT hash(mbid) AS key FROM release_nodes WHERE mbid <> '' GROUP BY key HAVING count(*) > 1
),
-- Titles are folded once, and are equal or not.
titled AS MATERIALIZED (
  SELECT node, hash(folded_title) AS title FROM release_nodes WHERE folded_title <> ''
),
-- A EAN begins with the nought that a UPC lacks; one of noughts alone is none.
coded AS (
  SELECT r.node, ltrim(r.barcode, '0') AS barcode, t.title
  FROM release_nodes r JOIN titled t ON t.node = r.node WHERE ltrim(r.barcode, '0') <> ''
),
codes AS (
  SELECT hash(barcode, title) AS key FROM coded GROUP BY key HAVING count(*) > 1
),
-- Releases by the recordings that they share with others under one title.
shared AS MATERIALIZED (
  SELECT DISTINCT
    l.label, r.node, w.title, ltrim(r.barcode, '0') AS barcode, r.tracks, left(r.date, 4) AS year, r.mbid,
    if(r.source = 'file', 'file ' || r.id, r.source) AS teller
  FROM track_labels l
  JOIN track_nodes t ON t.node = l.node
  JOIN release_nodes r ON r.source = t.source AND r.id = t.release_id
  JOIN titled w ON w.node = r.node
),
-- A claim without a barcode goes with the one edition that it does not contradict.
compared AS (
  SELECT
    x.node, x.teller, x.mbid, y.title, y.barcode, min(y.node) AS first,
    bool_or(
      x.tracks <> y.tracks
      OR (x.year <> y.year AND x.year <> '' AND y.year <> '')
      OR (x.mbid <> y.mbid AND x.mbid <> '' AND y.mbid <> '')
      OR x.teller = y.teller
    ) AS differs
  FROM shared x JOIN shared y ON y.label = x.label AND y.title = x.title
  WHERE x.barcode = '' AND y.barcode <> ''
  GROUP BY x.node, x.teller, x.mbid, y.title, y.barcode
),
fitting AS (
  SELECT * FROM compared WHERE differs IS DISTINCT FROM true
),
-- Where no edition with a barcode fits, those that say the same are one.
loose AS (
  SELECT * FROM shared WHERE barcode = '' AND node NOT IN (SELECT node FROM fitting)
),
grouped AS (
  SELECT min(node) OVER (PARTITION BY mbid) AS a, node AS b, 'mbid' AS reason, 0.99::DOUBLE AS confidence
  FROM release_nodes WHERE mbid <> '' AND hash(mbid) IN (SELECT key FROM mbids)
  UNION ALL
  SELECT min(node) OVER (PARTITION BY barcode, title), node, 'barcode+title', 0.97
  FROM coded WHERE hash(barcode, title) IN (SELECT key FROM codes)
  UNION ALL
  SELECT first, node, 'title+recording', 0.9 FROM (
    SELECT * FROM fitting
    QUALIFY count(*) OVER (PARTITION BY node) = 1 AND count(*) OVER (PARTITION BY title, barcode, teller) = 1
  )
  UNION ALL
  SELECT min(node) OVER (PARTITION BY title, label, tracks, year), node, 'title+recording', 0.85 FROM (
    SELECT * FROM loose
    WINDOW w AS (PARTITION BY title, label, tracks, year)
    QUALIFY count(*) OVER (PARTITION BY title, label, tracks, year, teller) = 1 AND count(DISTINCT nullif(mbid, '')) OVER w <= 1
  )
)
SELECT DISTINCT a, b, reason, confidence FROM grouped WHERE a <> b;
