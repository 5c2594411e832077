-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT genre, count(*) AS recordings FROM recordings WHERE genre <> ''
GROUP BY genre ORDER BY recordings DESC, genre LIMIT 20
