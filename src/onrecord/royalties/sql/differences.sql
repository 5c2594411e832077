-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Two statements side by side: what one of them has and the other has not, or has otherwise.
WITH a AS (SELECT month, service, territory, coalesce(nullif(isrc, ''), nullif(upc, ''), title) AS track, currency,
                  sum(quantity)::HUGEINT AS quantity, sum(amount) AS amount, count(*) AS lines,
                  list({'file': file, 'row': "row"} ORDER BY "row")[:51] AS places
           FROM lines WHERE file = $a GROUP BY ALL),
     b AS (SELECT month, service, territory, coalesce(nullif(isrc, ''), nullif(upc, ''), title) AS track, currency,
                  sum(quantity)::HUGEINT AS quantity, sum(amount) AS amount, count(*) AS lines,
                  list({'file': file, 'row': "row"} ORDER BY "row")[:51] AS places
           FROM lines WHERE file = $b GROUP BY ALL)
SELECT month, service, territory, track, currency, a.lines, b.lines, a.quantity, b.quantity, a.amount, b.amount,
       coalesce(a.places, []) || coalesce(b.places, []) AS places
FROM a FULL JOIN b USING (month, service, territory, track, currency)
WHERE a.lines IS NULL OR b.lines IS NULL OR a.quantity <> b.quantity OR a.amount IS DISTINCT FROM b.amount
ORDER BY month, service, territory, track, currency
