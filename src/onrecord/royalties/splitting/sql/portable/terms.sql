-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the asked payees are due, as few fractions, and their plays. They are few, and found before anything is joined.
WITH few AS MATERIALIZED (
    SELECT c.pool, c.listener, c.payee, c.claim, c.count
    FROM claims c
    SEMI JOIN asked a ON a.pool = c.pool AND a.payee = c.payee
)
SELECT f.pool, f.payee, p.up, p.down, sum(CAST(f.claim AS HUGEINT)) AS claim, sum(CAST(f.count AS HUGEINT)) AS count
FROM few f
JOIN parts p ON p.pool = f.pool AND p.listener = f.listener
GROUP BY f.pool, f.payee, p.up, p.down
