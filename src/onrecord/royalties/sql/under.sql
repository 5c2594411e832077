-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Tracks with few uses in the year that ends with the last month that the service reports.
WITH ends AS (SELECT service, max(month) AS last FROM lines WHERE quantity <> 0 GROUP BY service),
     year AS (
       SELECT lines.*, last FROM lines JOIN ends USING (service)
       WHERE month > strftime((last || '-01')::DATE - INTERVAL 12 MONTH, '%Y-%m') AND isrc <> ''
     )
SELECT service, last, isrc, any_value(title ORDER BY file, "row") AS title, sum(quantity)::HUGEINT AS quantity,
       list({'file': file, 'row': "row"} ORDER BY file, "row")[:101] AS places, count(*) AS lines
FROM year GROUP BY service, last, isrc HAVING sum(quantity) < $threshold
ORDER BY service, quantity, isrc
