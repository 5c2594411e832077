-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Plays that weigh by how much their listener plays, in whole weights.
CREATE OR REPLACE TABLE weights AS
SELECT c.pool, c.payee, sum(CAST(c.count AS HUGEINT) * w.weight) AS weight
FROM counted c
JOIN listeners l ON l.pool = c.pool AND l.listener = c.listener
JOIN weight_of w ON w.whole = l.whole
WHERE c.count > 0
GROUP BY c.pool, c.payee
