-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Weighted streams: `$boost` for payees above the line, `$engaged` for those that were asked for.
CREATE OR REPLACE TABLE claimed AS
SELECT p.pool, p.listener, p.payee, p.count,
       CAST((p.engaged * $engaged + (p.count - p.engaged)) * CASE WHEN b.payee IS NULL THEN 1 ELSE $boost END AS BIGINT)
           AS claim
FROM pairs p
LEFT JOIN boosted b ON b.pool = p.pool AND b.payee = p.payee
