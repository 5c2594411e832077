-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT least(duration_ms // 30000, 40) * 30 AS seconds, count(*) AS recordings
FROM recordings WHERE duration_ms > 0
GROUP BY seconds ORDER BY seconds
