-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Disputed claims of `{kind}`, numbered from 0 by their names, with the sides that they stand on.
CREATE OR REPLACE TABLE ranked_nodes AS
SELECT n.* REPLACE ((row_number() OVER (ORDER BY n.source, n.id)) - 1 AS node)
FROM {kind}_nodes n SEMI JOIN disputed USING (node);

CREATE OR REPLACE TABLE ranked_sides AS
SELECT r.node, s.side
FROM sided s JOIN {kind}_nodes n ON n.node = s.node JOIN ranked_nodes r ON r.source = n.source AND r.id = n.id;
