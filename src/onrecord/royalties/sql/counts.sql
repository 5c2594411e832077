-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Plays by payee, for rules that do not look at listeners.
CREATE OR REPLACE TABLE weights AS
SELECT pool, payee, sum(CAST(count AS HUGEINT)) AS weight
FROM counted
GROUP BY pool, payee
HAVING weight > 0
