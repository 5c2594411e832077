-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Bounds, so that products fit into 127 bits: the largest claim in money of one listener, and the number of them.
SELECT CAST(coalesce(max((c.whole * p.up) // p.down), 0) + 1 AS HUGEINT), count(*)
FROM parts p
JOIN (SELECT pool, listener, sum(CAST(claim AS HUGEINT)) AS whole FROM claims GROUP BY pool, listener) c
  ON c.pool = p.pool AND c.listener = p.listener
