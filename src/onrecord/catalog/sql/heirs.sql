-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Ids of `{thing}` whose founding claim is gone: the first of the claims that were joined with it and are still here
-- founds them from now on. One that a claim founds by its own name (`mint`) has no heir while that claim is here.
CREATE OR REPLACE TABLE {kind}_heirs AS
WITH gone AS (
  SELECT b.{thing} AS id FROM {thing}_before b
  WHERE b.founds AND NOT EXISTS (
    SELECT 1 FROM {kind}_nodes n WHERE n.source = b.source AND n.id = b.source_id
  )
),
lost AS (
  SELECT id FROM gone
  WHERE id NOT IN (
    SELECT g.id FROM gone g JOIN {kind}_nodes n ON mint('{thing}', n.source, n.id) = g.id
  )
)
SELECT
  b.{thing} AS id,
  arg_min(n.source, (n.first_seq, n.source, n.id)) AS source,
  arg_min(n.id, (n.first_seq, n.source, n.id)) AS source_id
FROM {thing}_before b
JOIN {kind}_nodes n ON n.source = b.source AND n.id = b.source_id
WHERE b.{thing} IN (SELECT id FROM lost)
GROUP BY b.{thing};
