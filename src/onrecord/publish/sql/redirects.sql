-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Ids that were merged away, each with the id of this edition that answers for it now.
WITH RECURSIVE newest AS (
  SELECT kind, old, arg_max(new, seq) AS new FROM redirects GROUP BY kind, old HAVING arg_max(new, seq) <> old
),
led AS (
  SELECT kind, old, new FROM newest
  UNION
  SELECT l.kind, l.old, n.new FROM led l JOIN newest n ON n.kind = l.kind AND n.old = l.new
)
SELECT kind, old, new
FROM led
WHERE new IN (
  SELECT id FROM canonical_recordings UNION SELECT id FROM canonical_releases UNION SELECT id FROM canonical_artists
  UNION SELECT id FROM canonical_works UNION SELECT id FROM canonical_labels
)
  AND old NOT IN (SELECT id FROM withdrawn_things)
ORDER BY kind, old, new
