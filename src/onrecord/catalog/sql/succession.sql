-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Ids that no component bears any more, each with the id that the first of its claims bears now.
SELECT b.{thing} AS old, arg_min(f.id, (n.seq, n.source, n.id)) AS new
FROM {thing}_before b
JOIN {kind}_nodes n ON n.source = b.source AND n.id = b.source_id
JOIN {kind}_labels l ON l.node = n.node
JOIN {kind}_ids f ON f.label = l.label
WHERE b.{thing} NOT IN (SELECT id FROM {kind}_ids)
GROUP BY b.{thing}
ORDER BY b.{thing};
