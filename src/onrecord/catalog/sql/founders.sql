-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- For each component of `{kind}` its id: the oldest one that a member already founded, one that leads elsewhere only if
-- there is no other; else its first member founds one. An id belongs to the first of its founding claims that is here.
WITH founding AS (
  SELECT id, source, source_id, seq FROM ids WHERE kind = '{kind}'
  UNION ALL
  SELECT id, source, source_id, 9223372036854775807 FROM {kind}_heirs
),
owners AS (
  SELECT i.id, i.seq, n.node, r.old IS NOT NULL AS leads_on
  FROM founding i
  JOIN {kind}_nodes n ON n.source = i.source AND n.id = i.source_id
  LEFT JOIN {kind}_redirects r ON r.old = i.id
  QUALIFY row_number() OVER (PARTITION BY i.id ORDER BY i.seq, i.source, i.source_id) = 1
)
SELECT
  l.label,
  arg_min(i.id, (i.leads_on, i.seq, i.id)) FILTER (WHERE i.id IS NOT NULL) AS id,
  list(DISTINCT i.id) FILTER (WHERE i.id IS NOT NULL) AS all_ids,
  arg_min(n.source, (n.seq, n.source, n.id)) AS source,
  arg_min(n.id, (n.seq, n.source, n.id)) AS source_id
FROM {kind}_labels l
JOIN {kind}_nodes n ON n.node = l.node
LEFT JOIN owners i ON i.node = n.node
GROUP BY l.label
ORDER BY l.label;
