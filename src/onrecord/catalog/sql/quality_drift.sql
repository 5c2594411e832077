-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What each log entry changed in the records of its source. A record that comes back after its tombstone has changed.
SELECT
  source, seq,
  count_if(was_deleted IS NULL AND NOT deleted) AS new,
  count_if(was_deleted IS NOT NULL AND NOT deleted) AS changed,
  count_if(deleted) AS gone,
  count_if(NOT deleted AND coalesce(was_deleted, true)) - count_if(deleted AND NOT coalesce(was_deleted, true)) AS more
FROM (
  SELECT source, seq, deleted, lag(deleted) OVER (PARTITION BY source, record ORDER BY seq) AS was_deleted
  FROM records WHERE source IN (SELECT source FROM asked)
)
GROUP BY source, seq
