-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Months of one service that several files of one distributor report; refunds of a later file are no overlap.
SELECT reader, service, month, list(DISTINCT file ORDER BY file) FILTER (amount IS NOT NULL AND quantity > 0) AS files,
       count(*) AS lines
FROM lines
GROUP BY ALL HAVING count(DISTINCT file) FILTER (amount IS NOT NULL AND quantity > 0) > 1
ORDER BY reader, service, month
