-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Release claims as the matcher compares them.
CREATE OR REPLACE TABLE release_nodes AS
SELECT row_number() OVER () AS node, *, fold(title) AS folded_title FROM release_current;
DROP TABLE release_current;
