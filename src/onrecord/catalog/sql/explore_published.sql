-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT 'known' AS what, count(*) AS recordings, count(*) AS of FROM recordings
UNION ALL
SELECT 'given out', (SELECT count(DISTINCT recording) FROM places), count(*) FROM recordings
