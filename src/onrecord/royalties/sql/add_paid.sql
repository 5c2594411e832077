-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the month adds to each payee's money under the model of number `$model`.
INSERT INTO earned
SELECT $model, CAST(payee AS VARCHAR), sum(units)
FROM paid
GROUP BY payee
HAVING sum(units) > 0
