-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Label claims as the matcher compares them.
CREATE OR REPLACE TABLE label_nodes AS
SELECT row_number() OVER () AS node, *, fold(name) AS folded_name FROM label_current;
DROP TABLE label_current;
