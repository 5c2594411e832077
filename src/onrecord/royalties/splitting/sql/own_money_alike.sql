-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What one claim is worth where all paid the same: one over the sum of the listener's claims.
CREATE OR REPLACE TABLE parts AS
SELECT pool, listener, CAST(1 AS BIGINT) AS up, whole AS down
FROM claimants
WHERE whole > 0
