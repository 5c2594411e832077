-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Payees above the line of streams and listeners.
CREATE OR REPLACE TABLE boosted AS
SELECT pool, payee
FROM pairs
GROUP BY pool, payee
HAVING sum(count) >= $streams AND count(*) >= $listeners
