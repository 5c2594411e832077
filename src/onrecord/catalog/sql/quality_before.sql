-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- How much each source said when log entry `seq` of `harvested_before` was committed, for comparison with today.
WITH said AS (
  SELECT source, record, id, seq, 'track' AS kind FROM tracks
  UNION ALL SELECT source, record, id, seq, 'release' FROM releases
  UNION ALL SELECT source, record, id, seq, 'artist' FROM artists
), stood AS (
  SELECT s.source, s.kind, count(DISTINCT s.id) AS found
  FROM said s
  JOIN harvested_before b ON b.source = s.source AND s.seq <= b.seq
  WHERE NOT EXISTS (
    SELECT 1 FROM records r
    WHERE r.source = s.source AND r.record = s.record AND r.seq > s.seq AND r.seq <= b.seq
  )
  GROUP BY s.source, s.kind
), kept AS (
  SELECT source, count_if(NOT deleted) AS kept, count_if(deleted) AS gone
  FROM (
    SELECT r.source, r.deleted FROM records r
    JOIN harvested_before b ON b.source = r.source AND r.seq <= b.seq
    QUALIFY row_number() OVER (PARTITION BY r.source, r.record ORDER BY r.seq DESC) = 1
  )
  GROUP BY source
)
SELECT
  b.source, coalesce(any_value(k.kept), 0), coalesce(any_value(k.gone), 0),
  coalesce(max(s.found) FILTER (WHERE s.kind = 'track'), 0),
  coalesce(max(s.found) FILTER (WHERE s.kind = 'release'), 0),
  coalesce(max(s.found) FILTER (WHERE s.kind = 'artist'), 0)
FROM harvested_before b
LEFT JOIN kept k ON k.source = b.source
LEFT JOIN stood s ON s.source = b.source
GROUP BY b.source
