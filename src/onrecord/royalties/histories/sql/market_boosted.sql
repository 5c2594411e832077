-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Artists of each month with more plays than $1, of $2 listeners or more.
CREATE OR REPLACE TABLE market_boosted AS
SELECT month, artist
FROM market_pairs
GROUP BY month, artist
HAVING sum(plays) > $1 AND count(*) >= $2
