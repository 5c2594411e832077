-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What withdrawals hide (`hidden_things`: id), with the ids that lead to it.
CREATE OR REPLACE TABLE hidden_ids AS
WITH RECURSIVE newest AS (
  SELECT kind, old, arg_max(new, seq) AS new FROM redirects GROUP BY kind, old HAVING arg_max(new, seq) <> old
),
led AS (
  SELECT id FROM hidden_things
  UNION
  SELECT n.old FROM newest n JOIN led l ON l.id = n.new
)
SELECT DISTINCT id FROM led;
