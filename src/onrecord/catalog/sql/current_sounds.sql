-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The newest measurement of each sound, and the pictures that this measurement found.
CREATE OR REPLACE VIEW current_sounds AS
SELECT * FROM sounds
QUALIFY row_number() OVER (PARTITION BY sha256 ORDER BY seq DESC) = 1;

CREATE OR REPLACE VIEW current_pictures AS
SELECT * FROM pictures
QUALIFY seq = max(seq) OVER (PARTITION BY sha256);
