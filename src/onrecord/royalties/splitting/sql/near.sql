-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What each payee is due: `units` and more than `low` and less than `high` parts of a unit, `parts` to the unit. Where
-- the bounds reach beyond the unit, `open`, it is not known whether the payee is due a whole unit more.
CREATE OR REPLACE TABLE near AS
SELECT pool, payee, units, CAST(low - units * parts AS HUGEINT) AS low, CAST(high - units * parts AS HUGEINT) AS high,
       high - units * parts > parts AS open,
       bucket(low - units * parts, parts) AS low_bucket, bucket(high - units * parts, parts) AS high_bucket
FROM (
    SELECT s.pool, s.payee, r.parts, s.low * r.up_low AS low, (s.low + s.width) * r.up_high AS high,
           quotient(s.low * r.up_low, r.parts) AS units
    FROM sums s
    JOIN ratios r ON r.pool = s.pool
)
