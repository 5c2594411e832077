-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The sum of a listener's claims is what each of them is measured by.
CREATE OR REPLACE TABLE claim_sums AS
SELECT pool, listener, sum(CAST(claim AS HUGEINT)) AS whole
FROM claims
GROUP BY pool, listener
