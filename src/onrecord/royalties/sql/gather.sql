-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One row a model and payee, whatever the number of months.
CREATE OR REPLACE TABLE earned AS
SELECT model, payee, sum(units) AS units
FROM earned
GROUP BY model, payee
