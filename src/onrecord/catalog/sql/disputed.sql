-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Components of `{kind}` that hold two claims which a person wants apart: their claims, and those of them that stand on a
-- side, with all sides in one text.
CREATE OR REPLACE TABLE disputed AS
SELECT node, label FROM {kind}_labels
WHERE label IN (
  SELECT l.label FROM {kind}_sides s JOIN {kind}_labels l ON l.node = s.node
  GROUP BY s.decision, l.label HAVING count(DISTINCT s.side) > 1
);

CREATE OR REPLACE TABLE sided AS
SELECT node, ' ' || string_agg(decision || ':' || side, ' ' ORDER BY decision, side) AS side
FROM {kind}_sides SEMI JOIN disputed USING (node)
GROUP BY node;
