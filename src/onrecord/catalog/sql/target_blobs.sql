-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The sound that rulings and withdrawals name (`targets`: kind, id). An id that was merged stands for what it leads to.
CREATE OR REPLACE TEMP TABLE target_ids AS
-- What people call a recording is a track in the log.
WITH RECURSIVE newest AS (
  SELECT if(kind = 'track', 'recording', kind) AS kind, old, arg_max(new, seq) AS new FROM redirects GROUP BY ALL
),
led AS (
  SELECT id AS asked, kind, id FROM targets
  UNION
  SELECT l.asked, l.kind, n.new FROM led l JOIN newest n ON n.kind = l.kind AND n.old = l.id
)
SELECT DISTINCT asked, kind, id FROM led;

-- The recordings among them, and those on the releases and of the artists among them.
CREATE OR REPLACE TEMP TABLE target_recordings AS
WITH current_tracks AS (
  SELECT source, id, arg_max(release_id, seq) AS release_id, arg_max(artist_id, seq) AS artist_id
  FROM tracks GROUP BY source, id
)
SELECT asked, id AS recording FROM target_ids WHERE kind = 'recording'
UNION
SELECT t.asked, m.recording
FROM target_ids t
JOIN held_release_members r ON r.release = t.id
JOIN current_tracks c ON c.source = r.source AND c.release_id = r.source_id
JOIN held_recording_members m ON m.source = c.source AND m.source_id = c.id
WHERE t.kind = 'release'
UNION
SELECT t.asked, m.recording
FROM target_ids t
JOIN held_artist_members a ON a.artist = t.id
JOIN current_tracks c ON c.source = a.source AND c.artist_id = a.source_id
JOIN held_recording_members m ON m.source = c.source AND m.source_id = c.id
WHERE t.kind = 'artist';

CREATE OR REPLACE TEMP TABLE target_blobs AS
SELECT asked, id AS sha256 FROM target_ids WHERE kind = 'blob'
UNION
SELECT n.asked, m.blob
FROM target_recordings n JOIN held_recording_members m USING (recording)
WHERE m.source = 'file';
