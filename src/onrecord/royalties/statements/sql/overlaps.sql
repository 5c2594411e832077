-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Months of one service that several files of one distributor report.
SELECT reader, service, month, list(DISTINCT file ORDER BY file) AS files, count(*) AS lines
FROM lines WHERE amount IS NOT NULL AND quantity > 0
GROUP BY ALL HAVING count(DISTINCT file) > 1
ORDER BY reader, service, month
