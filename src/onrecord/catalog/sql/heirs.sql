-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Ids of `{thing}` whose founding claim is gone: the first of the claims that were joined with it and are still here
-- founds them from now on. One that a claim founds by its own name (`mint`) has no heir while that claim is here. A claim
-- can only be gone where a word of it has ended, so nothing is asked of the others.
CREATE OR REPLACE TABLE {kind}_heirs AS
WITH ended AS MATERIALIZED (
  SELECT DISTINCT source, id FROM numbered_{kind}s SEMI JOIN {kind}_ended USING (node)
),
staying AS (
  SELECT DISTINCT n.source, n.id FROM {kind}_nodes n SEMI JOIN ended e ON e.source = n.source AND e.id = n.id
),
gone AS MATERIALIZED (
  SELECT b.{thing} AS id, b.{thing} = mint('{thing}', b.source, b.source_id) AS own
  FROM {thing}_before b
  JOIN (FROM ended EXCEPT FROM staying) e ON e.source = b.source AND e.id = b.source_id
  WHERE b.founds
),
lost AS MATERIALIZED (
  SELECT id FROM gone WHERE own
  UNION
  SELECT id FROM gone
  WHERE NOT own AND id NOT IN (
    SELECT g.id FROM gone g JOIN {kind}_nodes n ON mint('{thing}', n.source, n.id) = g.id WHERE NOT g.own
  )
),
bereft AS MATERIALIZED (
  SELECT b.{thing} AS id, b.source, b.source_id FROM {thing}_before b SEMI JOIN lost l ON l.id = b.{thing}
)
SELECT
  b.id,
  arg_min(n.source, (n.first_seq, n.source, n.id)) AS source,
  arg_min(n.id, (n.first_seq, n.source, n.id)) AS source_id
FROM bereft b
JOIN {kind}_nodes n ON n.source = b.source AND n.id = b.source_id
GROUP BY b.id;
