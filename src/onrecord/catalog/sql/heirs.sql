-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Ids of `{thing}` whose founding claims are all gone: the first of the claims that were joined with them, that is
-- still here and founds nothing itself, founds them from now on.
CREATE OR REPLACE TABLE {kind}_heirs AS
SELECT
  b.{thing} AS id,
  arg_min(n.source, (n.seq, n.source, n.id)) AS source,
  arg_min(n.id, (n.seq, n.source, n.id)) AS source_id
FROM {thing}_before b
JOIN {kind}_nodes n ON n.source = b.source AND n.id = b.source_id
WHERE b.{thing} NOT IN (
    SELECT i.id FROM ids i JOIN {kind}_nodes f ON f.source = i.source AND f.id = i.source_id WHERE i.kind = '{kind}'
  )
  AND NOT EXISTS (
    SELECT 1 FROM ids o WHERE o.kind = '{kind}' AND o.source = n.source AND o.source_id = n.id
  )
GROUP BY b.{thing};
