-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What each payee is due: at least `low` steps, `$steps` to the whole, and less than `low + width` of them, as each of
-- `width` claims lost less than a step when its rate was rounded down: one division a listener, none a play.
SELECT c.pool, c.payee, sum(c.claim * r.rate) AS low, sum(c.claim) AS width, sum(c.count) AS count
FROM claims c
JOIN (SELECT pool, listener, CAST((up * $steps) // down AS BIGINT) AS rate FROM parts) r
  ON r.pool = c.pool AND r.listener = c.listener
GROUP BY c.pool, c.payee
