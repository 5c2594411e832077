-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Things that were founded now with claims that were another thing, which goes on.
WITH moved AS MATERIALIZED (
  SELECT n.source, n.id AS source_id, f.id AS new
  FROM {kind}_nodes n
  LEFT JOIN {kind}_labels l ON l.node = n.node
  JOIN {kind}_fresh f ON f.label = coalesce(l.label, n.node)
),
parted AS MATERIALIZED (
  SELECT DISTINCT b.{thing} AS old, m.new
  FROM {thing}_before b JOIN moved m ON m.source = b.source AND m.source_id = b.source_id
)
SELECT old, new
FROM parted
WHERE old IN (SELECT id FROM {kind}_borne)
  -- An id that has its page back is told by its redirect.
  AND new NOT IN (SELECT old FROM redirects WHERE kind = '{kind}')
ORDER BY old, new;
