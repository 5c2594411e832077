-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a pair's plays may claim, by the model's own function of their number.
CREATE OR REPLACE TABLE claimed AS
SELECT p.pool, p.listener, p.payee, p.count, c.claim
FROM pairs p
JOIN claim_of c ON c.count = p.count
