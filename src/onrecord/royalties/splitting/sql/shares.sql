-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Whole units of each payee and what is left over, in parts of a unit, `whole` to the unit. Exact integers.
CREATE OR REPLACE TABLE shares AS
SELECT pool, payee, units, up - units * whole AS rest, bucket(up - units * whole, whole) AS bucket
FROM (
    SELECT w.pool, w.payee, t.whole, t.amount * w.weight AS up, quotient(t.amount * w.weight, t.whole) AS units
    FROM weights w
    JOIN totals_of t ON t.pool = w.pool
)
