-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The newest measurement of each sound, and the pictures that this measurement found. What a sound is told by is wide (its
-- fingerprint): only digests and numbers of entries are gone through to find which is the newest.
CREATE OR REPLACE VIEW current_sounds AS
SELECT s.* FROM sounds s
SEMI JOIN (SELECT sha256, max(seq) AS seq FROM sounds GROUP BY sha256) n ON n.sha256 = s.sha256 AND n.seq = s.seq;

CREATE OR REPLACE VIEW current_pictures AS
SELECT * FROM pictures
QUALIFY seq = max(seq) OVER (PARTITION BY sha256);
