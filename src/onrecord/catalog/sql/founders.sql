-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The id of each component of `{kind}`: the oldest that a claim of it founds. A claim founds the id that is made of its
-- name (`mint`) when it comes; another one where `ids` or `{kind}_heirs` say so, and the claim that the id is made of is not
-- here. An heir's id is as old as the heir; what another archive calls its things is as old as its word, also where the
-- claim that the id is made of comes later.
CREATE OR REPLACE TABLE {kind}_owners AS
WITH founding AS (
  SELECT id, source, source_id, seq FROM ids WHERE kind = '{kind}'
  UNION ALL
  SELECT id, source, source_id, 9223372036854775807 FROM {kind}_heirs
)
SELECT f.id, n.node, least(f.seq, n.first_seq) AS seq
FROM founding f JOIN {kind}_nodes n ON n.source = f.source AND n.id = f.source_id
WHERE f.id NOT IN (
  SELECT g.id FROM founding g JOIN {kind}_nodes m ON mint('{thing}', m.source, m.id) = g.id
)
QUALIFY row_number() OVER (PARTITION BY f.id ORDER BY f.seq, f.source, f.source_id) = 1;

-- Of the others, which are joined with no claim and own no id, each founds its own (`members.sql`).
CREATE OR REPLACE TABLE {kind}_founders AS
WITH offers AS (
  SELECT l.label, n.node, n.first_seq AS seq, n.source, n.id AS source_id, '' AS id
  FROM {kind}_labels l JOIN {kind}_nodes n ON n.node = l.node
  UNION ALL
  SELECT l.label, n.node, i.seq, n.source, n.id, ''
  FROM ids i JOIN {kind}_nodes n ON mint('{thing}', n.source, n.id) = i.id JOIN {kind}_labels l ON l.node = n.node
  WHERE i.kind = '{kind}' AND starts_with(i.source, 'archive:')
  UNION ALL
  SELECT coalesce(l.label, n.node), n.node, o.seq, n.source, n.id, o.id
  FROM {kind}_owners o JOIN {kind}_nodes n ON n.node = o.node LEFT JOIN {kind}_labels l ON l.node = o.node
),
firsts AS (
  SELECT label, arg_min(struct_pack(node := node, id := id), (seq, id = '', source, source_id, id)) AS first
  FROM offers GROUP BY label
)
SELECT f.label, f.first.node AS founder, if(f.first.id <> '', f.first.id, mint('{thing}', n.source, n.id)) AS id
FROM firsts f JOIN {kind}_nodes n ON n.node = f.first.node;
