-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a use brought, by service, country, tier, kind and month, with the lines that brought least and most a use.
SELECT service, territory, tier, "right", currency, month, reader,
       count(*) AS lines,
       sum(quantity)::HUGEINT AS quantity,
       sum(amount) AS amount,
       count(*) FILTER (sign < 0) AS refunds,
       arg_min({'amount': amount, 'quantity': quantity, 'file': file, 'row': "row"}, rate) AS low,
       arg_max({'amount': amount, 'quantity': quantity, 'file': file, 'row': "row"}, rate) AS high
FROM (SELECT *, CASE WHEN quantity > 0 AND amount IS NOT NULL THEN amount::DOUBLE / quantity END AS rate FROM lines)
WHERE month >= $since AND month <= $until
GROUP BY ALL
ORDER BY service, territory, tier, "right", currency, month, reader
