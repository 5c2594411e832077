-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Whole units, and one more for those who are open, surely above the line, or were found to be.
CREATE OR REPLACE TABLE paid AS
WITH more AS (
    SELECT pool, payee FROM bonus
    UNION ALL
    SELECT n.pool, n.payee FROM candidates n JOIN cuts c ON c.pool = n.pool WHERE n.low > c.high
)
SELECT n.pool, n.payee,
       n.units + CASE WHEN n.open OR coalesce(n.low_bucket > l.high, false) OR m.payee IS NOT NULL THEN 1 ELSE 0 END
           AS units
FROM near n
JOIN lines l ON l.pool = n.pool
LEFT JOIN more m ON m.pool = n.pool AND m.payee = n.payee
