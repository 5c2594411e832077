-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Lines that take back, by service and month.
SELECT service, month, currency, count(*) AS lines, sum(quantity)::HUGEINT AS quantity, sum(amount) AS amount,
       list({'file': file, 'row': "row"} ORDER BY file, "row")[:101] AS places
FROM lines WHERE sign < 0 GROUP BY ALL ORDER BY service, month, currency
