-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Why two track claims are taken to be one recording. Each group is joined to its first member, so the job is linear; what
-- is alone in its group is told apart by a hash before anything is sorted.
CREATE OR REPLACE TABLE track_edges AS
WITH bytes AS (
  SELECT hash(blob) AS key FROM track_nodes WHERE blob <> '' GROUP BY key HAVING count(*) > 1
),
mbids AS (
  SELECT hash(mbid) AS key FROM track_nodes WHERE mbid <> '' GROUP BY key HAVING count(*) > 1
),
codes AS (
  SELECT hash(isrc, folded_title) AS key FROM track_nodes WHERE isrc <> '' AND folded_title <> ''
  GROUP BY key HAVING count(*) > 1
),
names AS (
  SELECT hash(folded_title, folded_artist) AS key FROM track_nodes
  WHERE folded_title <> '' AND folded_artist <> '' AND duration_ms IS NOT NULL
  GROUP BY key HAVING count(*) > 1
),
steps AS (
  SELECT
    node, folded_title, folded_artist, duration_ms,
    lag(node) OVER w AS before,
    (duration_ms - lag(duration_ms) OVER w > 3000)::BIGINT AS step
  FROM track_nodes
  WHERE folded_title <> '' AND folded_artist <> '' AND duration_ms IS NOT NULL
    AND hash(folded_title, folded_artist) IN (SELECT key FROM names)
  WINDOW w AS (PARTITION BY folded_title, folded_artist ORDER BY duration_ms, node)
),
numbered AS (
  SELECT *, coalesce(sum(step) OVER (PARTITION BY folded_title, folded_artist ORDER BY duration_ms, node), 0) AS run
  FROM steps
),
runs AS (
  SELECT node, before, step,
    max(duration_ms) OVER (PARTITION BY folded_title, folded_artist, run)
      - min(duration_ms) OVER (PARTITION BY folded_title, folded_artist, run) AS spread
  FROM numbered
),
grouped AS (
  SELECT min(node) OVER (PARTITION BY blob) AS a, node AS b, 'same-bytes' AS reason, 1.0::DOUBLE AS confidence
  FROM track_nodes WHERE blob <> '' AND hash(blob) IN (SELECT key FROM bytes)
  UNION ALL
  SELECT min(node) OVER (PARTITION BY mbid), node, 'mbid', 0.99
  FROM track_nodes WHERE mbid <> '' AND hash(mbid) IN (SELECT key FROM mbids)
  UNION ALL
  -- An ISRC is evidence of identity, never proof: codes are reused, so the title has to agree.
  SELECT min(node) OVER (PARTITION BY isrc, folded_title), node, 'isrc+title', 0.98
  FROM track_nodes
  WHERE isrc <> '' AND folded_title <> '' AND hash(isrc, folded_title) IN (SELECT key FROM codes)
  UNION ALL
  SELECT x.node, y.node, 'same-sound', 1.0 - n.error
  FROM versions n
  JOIN track_nodes x ON x.source = 'file' AND x.blob = n.a
  JOIN track_nodes y ON y.source = 'file' AND y.blob = n.b
  -- An edit is a recording of its own.
  WHERE n.relation <> 'edit'
  UNION ALL
  -- Same title, same artist, and lengths that follow each other within three seconds. A row of lengths that leads from one
  -- recording to another, more than ten seconds, tells none of them apart and joins nothing.
  SELECT before, node, 'names+duration', 0.9 FROM runs WHERE step = 0 AND spread <= 10000
  UNION ALL
  -- A file without tags is known by the name it was deposited under: the same words as a title, and the same length.
  SELECT least(f.node, t.node), greatest(f.node, t.node), 'file-name+duration', 0.7
  FROM track_nodes f
  JOIN (
    SELECT DISTINCT sha256, fold(regexp_extract(name, '([^/]*?)(\.[^./]*)?$', 1)) AS words FROM deposits
  ) d ON d.sha256 = f.blob
  JOIN track_nodes t ON t.folded_title = d.words AND t.source <> 'file' AND abs(t.duration_ms - f.duration_ms) <= 1000
  WHERE f.source = 'file' AND f.title = '' AND d.words <> ''
)
SELECT a, b, reason, confidence FROM grouped WHERE a <> b;
