-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Things that were founded now with claims that were another thing, which goes on.
SELECT DISTINCT b.{thing} AS old, f.id AS new
FROM {thing}_before b
JOIN {kind}_nodes n ON n.source = b.source AND n.id = b.source_id
LEFT JOIN {kind}_labels l ON l.node = n.node
JOIN {kind}_ids f ON f.label = coalesce(l.label, n.node)
WHERE f.id <> b.{thing}
  AND b.{thing} IN (SELECT id FROM {kind}_ids)
  AND f.id NOT IN (SELECT {thing} FROM {thing}_before)
  -- An id that has its page back is told by its redirect.
  AND f.id NOT IN (SELECT old FROM redirects WHERE kind = '{kind}')
ORDER BY old, new;
