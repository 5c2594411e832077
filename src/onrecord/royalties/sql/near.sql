-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Each payee's due in parts of a unit, `$parts` to the unit: at least `low`, less than `high`.
CREATE OR REPLACE TABLE near AS
SELECT s.pool, s.payee,
       (s.low * r.up_low) // r.down + (s.count * r.flat_up * $parts) // r.flat_down AS low,
       ((s.low + s.width) * r.up_high) // r.down + (s.count * r.flat_up * $parts) // r.flat_down + 2 AS high
FROM sums s
JOIN ratios r ON r.pool = s.pool
