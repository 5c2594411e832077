-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which claims are one recording, artist or release, with the rank of who says so.
CREATE OR REPLACE TABLE recording_members AS
SELECT
  f.id AS recording, n.source, n.id AS source_id, n.node, n.blob,
  coalesce(p.rank, if(n.source = 'file', 2000, 1000)) AS rank,
  coalesce(e.reason, '') AS reason
FROM track_nodes n
JOIN track_labels l ON l.node = n.node
JOIN track_ids f ON f.label = l.label
LEFT JOIN precedence p ON p.source = n.source
LEFT JOIN (
  SELECT node, arg_max(reason, (confidence, reason)) AS reason
  FROM (
    SELECT a AS node, reason, confidence FROM track_edges WHERE a <> b
    UNION ALL
    SELECT b, reason, confidence FROM track_edges WHERE a <> b
  )
  GROUP BY node
) e ON e.node = n.node;

CREATE OR REPLACE TABLE artist_members AS
SELECT f.id AS artist, n.source, n.id AS source_id, n.node, coalesce(p.rank, if(n.source = 'file', 2000, 1000)) AS rank
FROM artist_nodes n
JOIN artist_labels l ON l.node = n.node
JOIN artist_ids f ON f.label = l.label
LEFT JOIN precedence p ON p.source = n.source;

CREATE OR REPLACE TABLE release_members AS
SELECT f.id AS release, n.source, n.id AS source_id, n.node, coalesce(p.rank, if(n.source = 'file', 2000, 1000)) AS rank
FROM release_nodes n
JOIN release_labels l ON l.node = n.node
JOIN release_ids f ON f.label = l.label
LEFT JOIN precedence p ON p.source = n.source;
