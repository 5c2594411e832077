-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- `near` where plays are worth something of their own, beside claims: in few parts, as the fractions have no short
-- common denominator.
CREATE OR REPLACE TABLE near AS
SELECT pool, payee, units, CAST(low - units * parts AS HUGEINT) AS low, CAST(high - units * parts AS HUGEINT) AS high,
       high - units * parts > parts AS open,
       bucket(low - units * parts, parts) AS low_bucket, bucket(high - units * parts, parts) AS high_bucket
FROM (
    SELECT pool, payee, parts, low, high, quotient(low, parts) AS units
    FROM (
        SELECT s.pool, s.payee, r.parts,
               quotient(s.low * r.up_low, r.down) + quotient(s.count * r.flat_up * r.parts, r.flat_down) AS low,
               quotient((s.low + s.width) * r.up_high, r.down)
               + quotient(s.count * r.flat_up * r.parts, r.flat_down) + 2 AS high
        FROM sums s
        JOIN ratios r ON r.pool = s.pool
    )
)
