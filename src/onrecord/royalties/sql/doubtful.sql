-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Those near the line, with how many units are left for them.
SELECT f.pool, f.payee, c.spare - count(*) FILTER (f.low > c.high) OVER (PARTITION BY f.pool) AS places
FROM floors f
JOIN cuts c ON c.pool = f.pool
QUALIFY f.low <= c.high AND f.high >= c.low
