-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What one claim on a listener's money is worth, as a fraction: the fee over the sum of the claims.
CREATE OR REPLACE TABLE parts AS
SELECT c.pool, c.listener, CAST(coalesce(f.fee, $fee) AS HUGEINT) AS up, CAST(c.whole AS HUGEINT) AS down
FROM claimants c
LEFT JOIN own_fees f ON f.listener = CAST(c.listener AS VARCHAR)
WHERE c.whole > 0
