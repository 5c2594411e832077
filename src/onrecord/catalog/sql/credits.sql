-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Whom and what the tracks of recordings name that several claims are joined to, with a hash of the recording: as it is now
-- (`node` is that of the track), and of tracks that are otherwise joined than before also as it was (`node` is null).
CREATE OR REPLACE TABLE track_turned AS
SELECT source, source_id FROM (
  SELECT m.recording, m.source, m.source_id, m.joined FROM recording_fresh m
  UNION ALL
  SELECT k.recording, k.source, k.source_id, k.joined FROM recording_before k
)
GROUP BY source, source_id
HAVING count(*) = 1 OR min(recording) <> max(recording) OR min(joined) <> max(joined)
UNION
SELECT source, id FROM track_changed;

-- What these say and said.
CREATE OR REPLACE TABLE turned_credits AS
SELECT DISTINCT n.source, n.id, n.artist_id, n.release_id, if(n.composer = '', '', n.title) AS title, n.composer
FROM numbered_tracks n SEMI JOIN track_turned t ON t.source = n.source AND t.source_id = n.id;

CREATE OR REPLACE TABLE credits AS
SELECT
  hash(m.recording) AS recording, n.node, n.source, n.artist_id, n.release_id,
  if(n.composer = '', '', n.title) AS title, n.composer
FROM (
  SELECT recording, source, source_id FROM recording_kept WHERE joined AND recording NOT IN (SELECT id FROM recording_stale)
  UNION ALL
  SELECT recording, source, source_id FROM recording_fresh WHERE joined
) m
JOIN track_current n ON n.source = m.source AND n.id = m.source_id
UNION ALL
SELECT hash(k.recording), NULL, n.source, n.artist_id, n.release_id, n.title, n.composer
FROM recording_before k JOIN turned_credits n ON n.source = k.source AND n.id = k.source_id;
