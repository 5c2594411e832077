-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Whole units, and one more for those who are surely above the line or were found to be.
CREATE OR REPLACE TABLE paid AS
SELECT f.pool, f.payee,
       f.units + CASE WHEN (c.pool IS NOT NULL AND f.low > c.high) OR b.payee IS NOT NULL THEN 1 ELSE 0 END AS units
FROM floors f
LEFT JOIN cuts c ON c.pool = f.pool
LEFT JOIN bonus b ON b.pool = f.pool AND b.payee = f.payee
