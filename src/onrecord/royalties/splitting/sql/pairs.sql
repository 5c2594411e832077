-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One row a listener and payee, for rules that look at how often the two met.
CREATE OR REPLACE TABLE pairs AS
SELECT pool, listener, payee, CAST(sum(count) AS BIGINT) AS count, CAST(sum(engaged) AS BIGINT) AS engaged
FROM counted
WHERE count > 0
GROUP BY pool, listener, payee
