-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Release claims as the matcher compares them.
CREATE OR REPLACE VIEW release_nodes AS
SELECT *, fold(title) AS folded_title FROM release_current;
