-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which claims are one {thing}, with the rank of who says so, whether the claim founds the id, whether it is joined with
-- others, and the surest reason why: a join between two claims that a person keeps apart is none. Of claims that
-- the conditions {entries} (by `seq`) and {those} (by `node`) hold for.
CREATE OR REPLACE TABLE {thing}_members AS
WITH reasons AS (
  SELECT node, arg_max(reason, (confidence, reason)) AS reason, max(confidence) AS confidence
  FROM (
    SELECT a AS node, reason, confidence FROM {kind}_edges WHERE a <> b
    UNION ALL
    SELECT b, reason, confidence FROM {kind}_edges WHERE a <> b
  )
  WHERE {those}
  GROUP BY node
)
SELECT
  coalesce(f.id, mint('{thing}', n.source, n.id)) AS {thing}, n.source, n.id AS source_id, n.node,{blob}
  coalesce(p.rank, if(n.source = 'file', 2000, 1000)) AS rank,
  coalesce(f.founder, n.node) = n.node AS founds,
  l.node IS NOT NULL AS joined,
  coalesce(e.reason, '') AS reason, coalesce(e.confidence, 1) AS confidence
FROM (SELECT * FROM {kind}_nodes WHERE {entries} AND {those}) n
LEFT JOIN (SELECT * FROM {kind}_labels WHERE {those}) l ON l.node = n.node
LEFT JOIN {kind}_founders f ON f.label = coalesce(l.label, n.node)
LEFT JOIN precedence p ON p.source = n.source
LEFT JOIN reasons e ON e.node = n.node;
