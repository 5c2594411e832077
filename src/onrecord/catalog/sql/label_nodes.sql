-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Label claims as the matcher compares them.
CREATE OR REPLACE VIEW label_nodes AS
SELECT *, fold(name) AS folded_name FROM label_current;
