-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Lines that stand in several files alike: same month, service, country, track, quantity and money.
SELECT month, service, territory, isrc, upc, title, kind, tier, quantity, amount, currency,
       list({'file': file, 'row': "row"} ORDER BY file, "row")[:101] AS places, count(*) AS lines,
       list(DISTINCT file ORDER BY file) AS files
FROM lines
WHERE quantity <> 0 OR amount <> 0
GROUP BY ALL
HAVING count(DISTINCT file) > 1
ORDER BY month, service, territory, isrc, upc, title, kind, tier, quantity, amount, currency
