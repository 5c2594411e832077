-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Durations that no recording has, and those that hardly one has.
SELECT
  source,
  CASE
    WHEN duration_ms <= 0 THEN 'duration-none'
    WHEN duration_ms < 1000 THEN 'duration-short'
    ELSE 'duration-long'
  END AS code,
  [id] AS claims, (duration_ms / 1000)::DECIMAL(18, 3)::VARCHAR || ' s' AS said
FROM quality_tracks
WHERE duration_ms < 1000 OR duration_ms > 24 * 3600 * 1000
