-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- How much each source says today: its newest answer on each record, and the claims that stand.
SELECT
  a.source,
  coalesce(r.kept, 0), coalesce(r.gone, 0), coalesce(t.found, 0), coalesce(l.found, 0), coalesce(n.found, 0)
FROM asked a
LEFT JOIN (
  SELECT source, count_if(NOT deleted) AS kept, count_if(deleted) AS gone
  FROM (
    SELECT source, deleted FROM records WHERE source IN (SELECT source FROM asked)
    QUALIFY row_number() OVER (PARTITION BY source, record ORDER BY seq DESC) = 1
  )
  GROUP BY source
) r ON r.source = a.source
LEFT JOIN (SELECT source, count(*) AS found FROM quality_tracks GROUP BY source) t ON t.source = a.source
LEFT JOIN (SELECT source, count(*) AS found FROM quality_releases GROUP BY source) l ON l.source = a.source
LEFT JOIN (SELECT source, count(*) AS found FROM quality_artists GROUP BY source) n ON n.source = a.source
ORDER BY a.source
