-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT least(tempo // 10, 30)::INTEGER * 10 AS beats_a_minute, count(*) AS files
FROM files WHERE tempo IS NOT NULL
GROUP BY beats_a_minute ORDER BY beats_a_minute
