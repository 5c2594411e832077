-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where each id that was merged away leads by now, step by step: a row for each step's end.
CREATE OR REPLACE TABLE leads AS
WITH RECURSIVE newest AS (
  SELECT kind, old, arg_max(new, seq) AS new FROM redirects GROUP BY kind, old HAVING arg_max(new, seq) <> old
),
led AS (
  SELECT kind, old, new FROM newest
  UNION
  SELECT l.kind, l.old, n.new FROM led l JOIN newest n ON n.kind = l.kind AND n.old = l.new
)
SELECT kind, old, new FROM led WHERE (kind, new) NOT IN (SELECT (kind, old) FROM newest);
