-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What each chosen file (`choices`) is called, in the order of their digests.
WITH named AS (
  SELECT m.blob, min(r.id) AS recording, min(r.title) AS title, min(r.artist) AS artist
  FROM recording_members m
  JOIN canonical_recordings r ON r.id = m.recording
  WHERE m.source = 'file'
  GROUP BY m.blob
)
SELECT c.sha256, c.license, n.recording, n.title, n.artist
FROM choices c
LEFT JOIN named n ON n.blob = c.sha256
WHERE c.chosen
ORDER BY c.sha256
