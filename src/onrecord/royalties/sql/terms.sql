-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the asked payees are due, as few fractions, and their plays.
SELECT c.pool, c.payee, p.up, p.down, sum(CAST(c.claim AS HUGEINT)) AS claim, sum(CAST(c.count AS HUGEINT)) AS count
FROM claims c
JOIN asked a ON a.pool = c.pool AND a.payee = c.payee
JOIN parts p ON p.pool = c.pool AND p.listener = c.listener
GROUP BY c.pool, c.payee, p.up, p.down
