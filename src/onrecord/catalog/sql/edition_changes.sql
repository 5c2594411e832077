-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What is other in `after_{things}` than in `before_{things}`: rows of `edition_changes`. `{fields}` are the columns that both
-- have; `leads` (kind, old, new) says where ids lead, `hidden_ids` what withdrawals hide, of which nothing is told.
INSERT INTO edition_changes
WITH gone AS (
  SELECT b.id, l.new, h.id IS NOT NULL OR w.recording IS NOT NULL AS withdrawn
  FROM before_{things} b
  ANTI JOIN after_{things} a ON a.id = b.id
  LEFT JOIN leads l ON l.kind = '{kind}' AND l.old = b.id AND l.new IN (SELECT id FROM after_{things})
  LEFT JOIN hidden_ids h ON h.id = b.id
  LEFT JOIN after_withdrawn w ON w.recording = b.id
),
before AS (SELECT id, unnest([{before}]) AS said FROM before_{things} b),
after AS (SELECT id, unnest([{after}]) AS said FROM after_{things} a)
SELECT '{thing}' AS kind, a.id, 'added' AS change, '' AS field, '' AS was, '' AS is_now, '' AS leads_to
FROM after_{things} a ANTI JOIN before_{things} b ON b.id = a.id
WHERE a.id NOT IN (SELECT id FROM hidden_ids)
UNION ALL
SELECT
  '{thing}', id, CASE WHEN withdrawn THEN 'withdrawn' WHEN new IS NOT NULL THEN 'redirected' ELSE 'gone' END, '', '', '',
  if(withdrawn, '', coalesce(new, ''))
FROM gone
UNION ALL
SELECT '{thing}', b.id, 'changed', b.said[1], coalesce(b.said[2], ''), coalesce(a.said[2], ''), ''
FROM before b JOIN after a ON a.id = b.id AND a.said[1] = b.said[1]
WHERE a.said[2] IS DISTINCT FROM b.said[2] AND b.id NOT IN (SELECT id FROM hidden_ids);
