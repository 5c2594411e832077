-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Everything that was claimed, by the fraction that counts of it: few rows, added exactly outside.
SELECT c.pool, p.up, p.down, sum(CAST(c.claim AS HUGEINT))
FROM claims c
JOIN parts p ON p.pool = c.pool AND p.listener = c.listener
GROUP BY c.pool, p.up, p.down
