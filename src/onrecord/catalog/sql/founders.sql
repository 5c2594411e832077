-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- For each component of `{kind}` its id: the oldest one that a member already founded, else its first member founds one.
SELECT
  l.label,
  arg_min(i.id, (i.seq, i.id)) FILTER (WHERE i.id IS NOT NULL) AS id,
  list(DISTINCT i.id) FILTER (WHERE i.id IS NOT NULL) AS all_ids,
  arg_min(n.source, (n.seq, n.source, n.id)) AS source,
  arg_min(n.id, (n.seq, n.source, n.id)) AS source_id
FROM {kind}_labels l
JOIN {kind}_nodes n ON n.node = l.node
LEFT JOIN ids i ON i.kind = '{kind}' AND i.source = n.source AND i.source_id = n.id
GROUP BY l.label
ORDER BY l.label;
