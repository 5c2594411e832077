-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What can be counted of how widely each canonical thing is known (onrecord.search.popularity), after `match`: the table
-- `known_by`, one row a thing of which anything is counted. Ratings at MusicBrainz are not: they are not CC0.
CREATE OR REPLACE TABLE known_by AS
WITH counted AS (
  SELECT recording AS id, 'releases' AS name, count(DISTINCT release) AS count FROM canonical_tracks GROUP BY recording
  UNION ALL
  SELECT artist, 'releases', count(DISTINCT release) FROM release_artists GROUP BY artist
  UNION ALL
  SELECT artist_id, 'recordings', count(*) FROM canonical_recordings WHERE artist_id <> '' GROUP BY artist_id
  UNION ALL
  SELECT id, 'more_sources', count(DISTINCT source) - 1
  FROM (
    SELECT recording AS id, source FROM recording_members
    UNION ALL
    SELECT release, source FROM release_members
    UNION ALL
    SELECT artist, source FROM artist_members
  )
  GROUP BY id
  UNION ALL
  SELECT m.recording, 'listened', count(DISTINCT n.mbid)
  FROM recording_members m JOIN track_nodes n ON n.node = m.node
  WHERE starts_with(n.record, 'listened-recording:') AND n.mbid <> ''
  GROUP BY m.recording
)
SELECT id, list(name ORDER BY name) AS names, list(count::BIGINT ORDER BY name) AS counts
FROM counted WHERE count > 0 GROUP BY id
