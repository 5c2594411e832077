-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Why two track claims are taken to be one recording. Each group is joined to its first member, so the job is linear.
CREATE OR REPLACE TABLE track_edges AS
SELECT min(node) OVER (PARTITION BY blob) AS a, node AS b, 'same-bytes' AS reason, 1.0 AS confidence
FROM track_nodes WHERE blob <> ''
UNION ALL
SELECT min(node) OVER (PARTITION BY mbid), node, 'mbid', 0.99
FROM track_nodes WHERE mbid <> ''
UNION ALL
-- An ISRC is evidence of identity, never proof: codes are reused, so the title has to agree.
SELECT min(node) OVER (PARTITION BY isrc, folded_title), node, 'isrc+title', 0.98
FROM track_nodes WHERE isrc <> '' AND folded_title <> ''
UNION ALL
SELECT x.node, y.node, 'same-sound', 1.0 - n.error
FROM versions n
JOIN track_nodes x ON x.source = 'file' AND x.blob = n.a
JOIN track_nodes y ON y.source = 'file' AND y.blob = n.b
-- An edit is a recording of its own.
WHERE n.relation <> 'edit'
UNION ALL
-- Same title, same artist, and lengths that follow each other within three seconds.
SELECT before, node, 'names+duration', 0.9
FROM (
  SELECT
    node,
    duration_ms,
    lag(node) OVER w AS before,
    lag(duration_ms) OVER w AS before_ms
  FROM track_nodes
  WHERE folded_title <> '' AND folded_artist <> '' AND duration_ms IS NOT NULL
  WINDOW w AS (PARTITION BY folded_title, folded_artist ORDER BY duration_ms, node)
)
WHERE before IS NOT NULL AND duration_ms - before_ms <= 3000
UNION ALL
-- A file without tags is known by the name it was deposited under: the same words as a title, and the same length.
SELECT least(f.node, t.node), greatest(f.node, t.node), 'file-name+duration', 0.7
FROM track_nodes f
JOIN (
  SELECT DISTINCT sha256, fold(regexp_extract(name, '([^/]*?)(\.[^./]*)?$', 1)) AS words FROM deposits
) d ON d.sha256 = f.blob
JOIN track_nodes t ON t.folded_title = d.words AND t.source <> 'file' AND abs(t.duration_ms - f.duration_ms) <= 1000
WHERE f.source = 'file' AND f.title = '' AND d.words <> '';
