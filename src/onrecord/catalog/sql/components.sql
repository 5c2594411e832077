-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One round of joining: each node takes the smallest label among its neighbours, then the label of that label.
-- Only nodes with a neighbour have a label. Run until nothing changes.
CREATE OR REPLACE TABLE {kind}_next AS
WITH offers AS (
  SELECT node, label FROM {kind}_labels
  UNION ALL
  SELECT e.b, l.label FROM {kind}_edges e JOIN {kind}_labels l ON l.node = e.a
  UNION ALL
  SELECT e.a, l.label FROM {kind}_edges e JOIN {kind}_labels l ON l.node = e.b
),
lower AS (SELECT node, min(label) AS label FROM offers GROUP BY node)
SELECT x.node, least(x.label, y.label) AS label FROM lower x JOIN lower y ON y.node = x.label;
