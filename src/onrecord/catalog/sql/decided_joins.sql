-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Joins of `{kind}` that a person decided: the first claim of each side that is here, in the order in which it was named.
CREATE OR REPLACE TABLE {kind}_decided AS
SELECT min(node) AS a, max(node) AS b, decision, max(seq) AS seq
FROM (
  SELECT d.decision, d.seq, d.side, n.node
  FROM standing_decisions d
  JOIN {kind}_nodes n ON n.source = d.source AND n.id = d.source_id
  WHERE d.act = 'same' AND d.kind = '{kind}'
  QUALIFY row_number() OVER (PARTITION BY d.decision, d.side ORDER BY d.place) = 1
)
GROUP BY decision
HAVING count(*) = 2 AND min(node) <> max(node);

-- Claims that a person wants apart, with the side that each is on.
CREATE OR REPLACE TABLE {kind}_sides AS
SELECT DISTINCT d.decision, d.seq, d.side, n.node
FROM standing_decisions d
JOIN {kind}_nodes n ON n.source = d.source AND n.id = d.source_id
WHERE d.act = 'apart' AND d.kind = '{kind}';
