-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What `touched_pages` are made of, in place of what all pages are: members, claims and canonical rows of these alone, and
-- of what they name as much as tells its number and its place. What an artist's page lists is what it listed, but for what
-- came and went (`touched_lists.sql`).
CREATE OR REPLACE TABLE shown_recordings AS
SELECT * FROM canonical_recordings WHERE id IN (SELECT id FROM touched_pages WHERE rank = 2);

CREATE OR REPLACE TABLE sounding_artists AS
SELECT DISTINCT artist_id AS id FROM canonical_recordings
WHERE id IN (SELECT recording FROM recording_blobs) AND artist_id IN (SELECT id FROM touched_pages WHERE rank = 0);

CREATE OR REPLACE TABLE shown_tracks AS
SELECT * FROM canonical_tracks
WHERE release IN (SELECT id FROM touched_pages WHERE rank = 1) OR recording IN (SELECT id FROM shown_recordings);

CREATE OR REPLACE TABLE shown_releases AS
SELECT * FROM canonical_releases SEMI JOIN (SELECT id FROM touched_pages WHERE rank = 1) USING (id);

CREATE OR REPLACE TABLE shown_artists AS
SELECT * FROM canonical_artists SEMI JOIN (SELECT id FROM touched_pages WHERE rank = 0) USING (id);

CREATE OR REPLACE TABLE shown_recording_members AS
SELECT m.*, n.node
FROM (
  SELECT * FROM recording_every SEMI JOIN (SELECT id AS recording FROM touched_pages WHERE rank = 2) USING (recording)
) m
JOIN track_current n ON n.source = m.source AND n.id = m.source_id;

CREATE OR REPLACE TABLE shown_release_members AS
SELECT m.*, n.node
FROM (
  SELECT * FROM release_every SEMI JOIN (SELECT id AS release FROM touched_pages WHERE rank = 1) USING (release)
) m
JOIN release_current n ON n.source = m.source AND n.id = m.source_id;

CREATE OR REPLACE TABLE shown_artist_members AS
SELECT m.*, n.node
FROM (
  SELECT * FROM artist_every SEMI JOIN (SELECT id AS artist FROM touched_pages WHERE rank = 0) USING (artist)
) m
JOIN artist_current n ON n.source = m.source AND n.id = m.source_id;

CREATE OR REPLACE TABLE release_makers AS
SELECT x.source, x.folded_name, m.artist
FROM artist_nodes x JOIN artist_members m ON m.node = x.node
SEMI JOIN (
  SELECT DISTINCT n.source, fold(n.artist) AS name
  FROM release_current n SEMI JOIN shown_release_members m ON m.node = n.node
) r ON r.source = x.source AND r.name = x.folded_name;

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
