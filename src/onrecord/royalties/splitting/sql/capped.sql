-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which part of a listener's streams counts, as a fraction `up / down`; `claimants` has what the cap is of.
CREATE OR REPLACE TABLE parts AS
SELECT pool, listener,
       CASE WHEN whole <= $cap OR $rule = 'none' THEN 1
            WHEN $rule = 'hard' THEN CAST($cap AS HUGEINT)
            ELSE whole + $cap END AS up,
       CASE WHEN whole <= $cap OR $rule = 'none' THEN 1
            WHEN $rule = 'hard' THEN CAST(whole AS HUGEINT)
            ELSE 2 * CAST(whole AS HUGEINT) END AS down
FROM claimants
