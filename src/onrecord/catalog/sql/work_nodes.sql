-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Work claims as the matcher compares them: `makers` are those who composed it, in any order.
CREATE OR REPLACE VIEW work_nodes AS
SELECT *, fold(title) AS folded_title, fold_names(composer) AS makers FROM work_current;
