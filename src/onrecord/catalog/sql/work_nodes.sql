-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Work claims as the matcher compares them: `makers` are those who composed it, in any order.
CREATE OR REPLACE TABLE work_nodes AS
SELECT row_number() OVER () AS node, *, fold(title) AS folded_title, fold_names(composer) AS makers FROM work_current;
DROP TABLE work_current;
