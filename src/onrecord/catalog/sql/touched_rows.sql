-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What `touched_pages` are made of, in place of what all pages are: members, claims and canonical rows of these alone, and
-- of what they name as much as tells its number and its place. What an artist's page lists is what it listed, but for what
-- came and went (`touched_lists.sql`). `<table>_of` and the like ask what was kept for few (`merging`).
CREATE OR REPLACE TABLE shown_recordings AS FROM canonical_recordings_of('touched_recordings');

CREATE OR REPLACE TABLE sounding_artists AS
WITH sounding AS (SELECT recording AS id FROM recording_blobs)
SELECT DISTINCT artist_id AS id FROM canonical_recordings_of('sounding')
WHERE artist_id IN (FROM touched_artists);

CREATE OR REPLACE TABLE shown_tracks AS
FROM canonical_tracks_by('touched_releases') UNION ALL
SELECT * FROM canonical_tracks_of('touched_recordings') WHERE release NOT IN (FROM touched_releases);

CREATE OR REPLACE TABLE shown_releases AS FROM canonical_releases_of('touched_releases');

CREATE OR REPLACE TABLE shown_artists AS FROM canonical_artists_of('touched_artists');

-- Where a claim lies is known of most: they were matched.
CREATE OR REPLACE TABLE shown_recording_members AS
WITH shown AS MATERIALIZED (FROM recording_of('touched_recordings'))
SELECT m.*, p.node FROM shown m JOIN recording_placed p ON p.source = m.source AND p.source_id = m.source_id
UNION ALL
SELECT m.*, n.node FROM (SELECT * FROM shown ANTI JOIN recording_placed USING (source, source_id)) m
JOIN track_current n ON n.source = m.source AND n.id = m.source_id;

CREATE OR REPLACE TABLE shown_release_members AS
SELECT m.*, n.node FROM release_of('touched_releases') m
JOIN release_current n ON n.source = m.source AND n.id = m.source_id;

CREATE OR REPLACE TABLE shown_artist_members AS
SELECT m.*, n.node FROM artist_of('touched_artists') m
JOIN artist_current n ON n.source = m.source AND n.id = m.source_id;

CREATE OR REPLACE TABLE release_makers AS
WITH makers AS MATERIALIZED (
  SELECT x.source, x.id, f.name AS folded_name FROM artist_current x
  JOIN folded_names f ON f.said = x.name
  SEMI JOIN (
    SELECT DISTINCT n.source, f.name
    FROM release_current n SEMI JOIN shown_release_members m ON m.node = n.node JOIN folded_names f ON f.said = n.artist
  ) r ON r.source = x.source AND r.name = f.name
)
SELECT x.source, x.folded_name, m.artist
FROM makers x JOIN artist_said('makers') m ON m.source = x.source AND m.source_id = x.id;

-- All releases of touched artists.
CREATE OR REPLACE TABLE credited_releases AS
WITH called AS MATERIALIZED (
  SELECT DISTINCT n.source, f.name, m.artist
  FROM artist_current n
  JOIN shown_artist_members m ON m.node = n.node
  JOIN folded_names f ON f.said = n.name
),
naming AS MATERIALIZED (
  SELECT n.source, n.id, c.artist
  FROM release_current n
  JOIN (SELECT c.source, c.artist, f.said FROM called c JOIN folded_names f ON f.name = c.name) c
    ON c.source = n.source AND c.said = n.artist
  WHERE n.artist <> ''
)
SELECT DISTINCT m.release, n.artist FROM naming n JOIN release_said('naming') m ON m.source = n.source AND m.source_id = n.id
UNION
SELECT f.thing, a.thing
FROM release_ids f
JOIN current_mentions c ON c.of = f.mbid AND c.of_kind = 'release' AND c.kind = 'artist'
JOIN artist_ids a ON a.mbid = c.mbid;

CREATE OR REPLACE TABLE named_pages AS
SELECT 2 AS rank, id FROM shown_recordings
UNION
SELECT 2, recording FROM shown_tracks
UNION
SELECT 1, release FROM shown_tracks
UNION
SELECT 0, artist_id FROM shown_recordings WHERE artist_id <> ''
UNION
SELECT 0, artist FROM release_makers;

CREATE OR REPLACE TABLE page_things AS
SELECT rank, id, min(node) AS node
FROM (
  SELECT rank, id, NULL::BIGINT AS node FROM named_pages
  UNION ALL
  SELECT 0, artist, node FROM shown_artist_members
  UNION ALL
  SELECT 1, release, node FROM shown_release_members
  UNION ALL
  SELECT 2, recording, node FROM shown_recording_members
)
GROUP BY rank, id;
DROP TABLE named_pages;
