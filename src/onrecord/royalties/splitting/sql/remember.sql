-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the month counted, for the months that look back.
INSERT INTO history
SELECT p.service, CAST(r.recording AS VARCHAR), $month, sum(r.count)
FROM recordings r
JOIN pools p ON p.pool = r.pool
GROUP BY p.service, r.recording
