-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The value that holds for each field that a person decided, by the id that answers now. `turned` are redirects of this
-- run, which are not committed yet.
CREATE OR REPLACE TABLE overrides AS
WITH RECURSIVE newest AS (
  SELECT kind, old, arg_max(new, seq) AS new
  FROM (
    SELECT kind, old, new, seq FROM redirects
    UNION ALL
    SELECT kind, old, new, 9223372036854775807 FROM turned
  )
  GROUP BY kind, old
  HAVING arg_max(new, seq) <> old
),
led AS (
  SELECT decision, kind, thing AS id FROM standing_decisions WHERE act = 'says'
  UNION
  SELECT l.decision, l.kind, n.new FROM led l JOIN newest n ON n.kind = l.kind AND n.old = l.id
)
SELECT d.kind, l.id, d.field, d.value, d.decision, d.seq
FROM led l
JOIN standing_decisions d ON d.decision = l.decision
LEFT JOIN newest n ON n.kind = l.kind AND n.old = l.id
WHERE n.old IS NULL
QUALIFY row_number() OVER (PARTITION BY d.kind, l.id, d.field ORDER BY d.seq DESC, d.decision) = 1
ORDER BY d.kind, l.id, d.field;
