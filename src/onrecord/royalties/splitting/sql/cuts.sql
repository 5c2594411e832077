-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where the line must lie among the candidates: from `low` to `high`.
CREATE OR REPLACE TABLE cuts AS
SELECT l.pool, l.places, l.low, h.high
FROM (
    SELECT pool, places, low, row_number() OVER (PARTITION BY pool ORDER BY low DESC) AS place FROM candidates
) l
JOIN (
    SELECT pool, high, row_number() OVER (PARTITION BY pool ORDER BY high DESC) AS place FROM candidates
) h ON h.pool = l.pool AND h.place = l.place
WHERE l.place = l.places
