-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which claims are one {thing}, with the rank of who says so, whether the claim founds the id, whether it is joined with
-- others, and the surest reason why: a join between two claims that a person keeps apart is none.
CREATE OR REPLACE TABLE {thing}_members AS
WITH reasons AS (
  SELECT node, arg_max(reason, (confidence, reason)) AS reason, max(confidence) AS confidence
  FROM (
    SELECT a AS node, reason, confidence FROM {kind}_edges WHERE a <> b
    UNION ALL
    SELECT b, reason, confidence FROM {kind}_edges WHERE a <> b
  )
  GROUP BY node
)
SELECT
  f.id AS {thing}, n.source, n.id AS source_id, n.node,{blob}
  coalesce(p.rank, if(n.source = 'file', 2000, 1000)) AS rank,
  f.founder = n.node AS founds,
  l.node IS NOT NULL AS joined,
  coalesce(e.reason, '') AS reason, coalesce(e.confidence, 1) AS confidence
FROM {kind}_nodes n
LEFT JOIN {kind}_labels l ON l.node = n.node
JOIN {kind}_ids f ON f.label = coalesce(l.label, n.node)
LEFT JOIN precedence p ON p.source = n.source
LEFT JOIN reasons e ON e.node = n.node;
