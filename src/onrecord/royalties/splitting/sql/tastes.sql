-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- How popular what each listener plays is, added over the plays.
CREATE OR REPLACE TABLE tastes AS
SELECT c.pool, c.listener, sum(c.count * p.share) AS heard
FROM counted c
JOIN popular p ON p.pool = c.pool AND p.payee = c.payee
WHERE c.count > 0
GROUP BY c.pool, c.listener
