-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT least(recordings, 10) AS recordings, count(*) AS codes
FROM (
  SELECT value, count(DISTINCT id) AS recordings FROM identifiers WHERE scheme = 'isrc' AND kind = 'track'
  GROUP BY value
)
GROUP BY ALL ORDER BY recordings
