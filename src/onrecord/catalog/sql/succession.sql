-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Redirects that have to be told: ids of `{thing}` that have their own page again; ids that `ids` or heirs give to a claim of
-- a component that bears another; ids that lead elsewhere and whose founding claim is in another component now; ids that
-- were borne and are not any more, each with the id of the first of its claims.
WITH leads AS (
  SELECT old, arg_max(new, seq) AS new FROM redirects WHERE kind = '{kind}' GROUP BY old
),
led AS (SELECT old, new FROM leads WHERE old <> new),
founding AS (
  SELECT id AS old, node FROM {kind}_owners
  UNION ALL
  SELECT l.old, n.node
  FROM led l
  JOIN (
    SELECT n.node, mint('{thing}', n.source, n.id) AS id
    FROM {kind}_labels l JOIN {kind}_nodes n ON n.node = l.node
  ) n ON n.id = l.old
),
-- They are told apart by a hash of theirs.
vanished AS MATERIALIZED (
  SELECT b.{thing} AS id, b.source, b.source_id
  FROM {thing}_before b ANTI JOIN (SELECT hash(id) AS key FROM {kind}_borne) i ON i.key = hash(b.{thing})
),
told AS (
  SELECT 0 AS rank, i.id AS old, i.id AS new FROM {kind}_borne i SEMI JOIN led ON led.old = i.id
  UNION ALL
  SELECT 1, f.old, i.id
  FROM founding f LEFT JOIN {kind}_labels l ON l.node = f.node JOIN {kind}_borne i ON i.label = coalesce(l.label, f.node)
  UNION ALL
  SELECT 2, b.id, arg_min(i.id, (n.first_seq, n.source, n.id))
  FROM vanished b
  JOIN {kind}_nodes n ON n.source = b.source AND n.id = b.source_id
  LEFT JOIN {kind}_labels l ON l.node = n.node
  JOIN {kind}_borne i ON i.label = coalesce(l.label, n.node)
  GROUP BY b.id
),
chosen AS (SELECT old, arg_min(new, rank) AS new FROM told GROUP BY old)
SELECT c.old, c.new
FROM chosen c LEFT JOIN leads l ON l.old = c.old
WHERE coalesce(l.new, c.old) <> c.new
ORDER BY c.old;
