-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The id of each component of `{kind}`: that of its first claim, by when it came. A claim founds the id that is made of
-- its name (`mint`); another one only where `ids` or `{kind}_heirs` say so, and the claim that made it is not here.
CREATE OR REPLACE TABLE {kind}_owners AS
WITH founding AS (
  SELECT id, source, source_id, seq FROM ids WHERE kind = '{kind}'
  UNION ALL
  SELECT id, source, source_id, 9223372036854775807 FROM {kind}_heirs
),
owners AS (
  SELECT f.id, f.seq, n.node
  FROM founding f JOIN {kind}_nodes n ON n.source = f.source AND n.id = f.source_id
  WHERE f.id NOT IN (
    SELECT g.id FROM founding g JOIN {kind}_nodes m ON mint('{thing}', m.source, m.id) = g.id
  )
  QUALIFY row_number() OVER (PARTITION BY f.id ORDER BY f.seq, f.source, f.source_id) = 1
)
SELECT node, arg_min(id, (seq, id)) AS id FROM owners GROUP BY node;

CREATE OR REPLACE TABLE {kind}_ids AS
WITH firsts AS (
  SELECT n.node AS label, n.node AS founder FROM {kind}_nodes n
  WHERE NOT EXISTS (SELECT 1 FROM {kind}_labels l WHERE l.node = n.node)
  UNION ALL
  SELECT l.label, arg_min(n.node, (n.first_seq, n.source, n.id))
  FROM {kind}_labels l JOIN {kind}_nodes n ON n.node = l.node
  GROUP BY l.label
)
SELECT f.label, f.founder, coalesce(o.id, mint('{thing}', n.source, n.id)) AS id
FROM firsts f
JOIN {kind}_nodes n ON n.node = f.founder
LEFT JOIN {kind}_owners o ON o.node = f.founder;
