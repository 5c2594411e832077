-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Why two track claims are taken to be one recording: what they say with identifiers, bytes and sound.
CREATE OR REPLACE TABLE track_edges AS
WITH bytes AS (
  SELECT hash(blob) AS key FROM track_nodes WHERE blob <> '' GROUP BY key HAVING count(*) > 1
),
mbids AS (
  SELECT hash(mbid) AS key FROM track_nodes WHERE mbid <> '' GROUP BY key HAVING count(*) > 1
),
grouped AS (
  SELECT min(node) OVER (PARTITION BY blob) AS a, node AS b, 'same-bytes' AS reason, 1.0::DOUBLE AS confidence
  FROM track_nodes WHERE blob <> '' AND hash(blob) IN (SELECT key FROM bytes)
  UNION ALL
  SELECT min(node) OVER (PARTITION BY mbid), node, 'mbid', 0.99
  FROM track_nodes WHERE mbid <> '' AND hash(mbid) IN (SELECT key FROM mbids)
  UNION ALL
  SELECT x.node, y.node, 'same-sound', 1.0 - n.error
  FROM versions n
  JOIN track_nodes x ON x.source = 'file' AND x.blob = n.a
  JOIN track_nodes y ON y.source = 'file' AND y.blob = n.b
  -- An edit is a recording of its own.
  WHERE n.relation <> 'edit'
  UNION ALL
  -- A file without tags is known by the name it was deposited under: the same words as a title, and the same length.
  SELECT least(f.node, t.node), greatest(f.node, t.node), 'file-name+duration', 0.7
  FROM track_nodes f
  JOIN (
    SELECT DISTINCT sha256, fold(regexp_extract(name, '([^/]*?)(\.[^./]*)?$', 1)) AS words FROM deposits
  ) d ON d.sha256 = f.blob
  JOIN track_nodes t ON fold(t.title) || t.apart = d.words AND t.source <> 'file' AND abs(t.duration_ms - f.duration_ms) <= 1000
  WHERE f.source = 'file' AND f.title = '' AND d.words <> ''
)
SELECT a, b, reason, confidence FROM grouped WHERE a <> b;
