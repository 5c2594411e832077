-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Artist claims as the matcher compares them.
CREATE OR REPLACE TABLE artist_nodes AS
SELECT row_number() OVER () AS node, *, fold(name) AS folded_name FROM artist_current;
DROP TABLE artist_current;
