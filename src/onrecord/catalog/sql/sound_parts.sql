-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The first and the last number of recordings that have about {files} files together, in the order of numbers.
SELECT min(number), max(number)
FROM (
  SELECT p.number, (sum(count(*)) OVER (ORDER BY p.number) - 1) // {files} AS part
  FROM recording_blobs b
  JOIN page_numbers p ON p.id = b.recording
  GROUP BY p.number
)
GROUP BY part
ORDER BY part
