-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Pairs of made claims in `{table}`: of one thing in truth, joined, and both. Counted by groups, so that the job is linear.
WITH claims AS (
  SELECT t.thing, j.joined FROM true_{table} t JOIN joined_{table} j ON j.source = t.source AND j.id = t.id
)
SELECT
  (SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT count(*)::HUGEINT AS n FROM claims GROUP BY thing)),
  (SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT count(*)::HUGEINT AS n FROM claims GROUP BY joined)),
  (SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT count(*)::HUGEINT AS n FROM claims GROUP BY thing, joined));
