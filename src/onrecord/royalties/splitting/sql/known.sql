-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Payees that were added exactly, in place of their bounds.
UPDATE near
SET units = e.units, low = e.low, high = e.high, open = false,
    low_bucket = bucket(e.low, r.parts), high_bucket = bucket(e.high, r.parts)
FROM exact e
JOIN ratios r ON r.pool = e.pool
WHERE near.pool = e.pool AND near.payee = e.payee
