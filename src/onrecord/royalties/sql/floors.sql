-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Whole units, and the bounds of what is left over of each.
CREATE OR REPLACE TABLE floors AS
SELECT n.pool, n.payee,
       CASE WHEN e.payee IS NULL THEN n.low // $parts ELSE e.units END AS units,
       CAST(CASE WHEN e.payee IS NULL THEN n.low % $parts ELSE e.low END AS BIGINT) AS low,
       CAST(CASE WHEN e.payee IS NULL THEN n.high % $parts ELSE e.high END AS BIGINT) AS high
FROM near n
LEFT JOIN exact e ON e.pool = n.pool AND e.payee = n.payee
