-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the pages of touched artists list otherwise than before, behind `touched_pages`: `listed_gone` (artist, recording), what
-- was listed and is no more, or under another title; `listed_come` (artist, place, recording), where in the list of now
-- something stands that did not; `listed_counts` (artist, count), how long the lists are where any of these is; and
-- `listed_releases` (artist, release, stands), releases on which a recording of the artist may stand that did not, or the
-- other way round. Of an artist of ten thousand recordings a few are other, and the rest need no number.
CREATE OR REPLACE TABLE listed_gone AS
SELECT artist_id AS artist, id AS recording FROM (
  SELECT id, title, artist_id FROM canonical_recordings_was EXCEPT SELECT id, title, artist_id FROM canonical_recordings_fresh
)
WHERE artist_id IN (FROM touched_artists);

CREATE OR REPLACE TABLE turned_recordings AS
SELECT artist_id AS artist, id AS recording FROM (
  SELECT id, title, artist_id FROM canonical_recordings_fresh EXCEPT SELECT id, title, artist_id FROM canonical_recordings_was
)
WHERE artist_id IN (FROM touched_artists);

CREATE OR REPLACE TABLE listed_now AS
WITH listing AS (SELECT artist AS id FROM listed_gone UNION SELECT artist FROM turned_recordings)
SELECT artist_id AS artist, id, row_number() OVER (PARTITION BY artist_id ORDER BY title, id) - 1 AS place
FROM canonical_recordings_by('listing');

CREATE OR REPLACE TABLE listed_come AS
SELECT artist, place, id AS recording FROM listed_now SEMI JOIN (SELECT recording AS id FROM turned_recordings) USING (id);

CREATE OR REPLACE TABLE listed_counts AS SELECT artist, count(*) AS count FROM listed_now GROUP BY artist;

CREATE OR REPLACE TABLE listed_releases AS
WITH moved AS (
  SELECT recording AS id FROM listed_gone UNION SELECT recording FROM turned_recordings UNION SELECT recording FROM moved_tracks
),
made AS (
  SELECT id, artist_id FROM canonical_recordings_was SEMI JOIN moved USING (id)
  UNION
  SELECT id, artist_id FROM canonical_recordings_fresh SEMI JOIN moved USING (id)
),
placed AS (
  SELECT recording, release FROM canonical_tracks_was
  UNION
  SELECT recording, release FROM canonical_tracks_fresh
),
may AS (
  SELECT DISTINCT m.artist_id AS artist, p.release FROM made m JOIN placed p ON p.recording = m.id
  WHERE m.artist_id IN (FROM touched_artists)
),
asked AS (SELECT DISTINCT release AS id FROM may),
tracks AS MATERIALIZED (SELECT release, recording FROM canonical_tracks_by('asked')),
standing AS (SELECT DISTINCT recording AS id FROM tracks),
stand AS (
  SELECT DISTINCT r.artist_id AS artist, t.release FROM tracks t
  JOIN (SELECT id, artist_id FROM canonical_recordings_of('standing')) r ON r.id = t.recording
)
SELECT m.artist, m.release, s.artist IS NOT NULL AS stands
FROM may m LEFT JOIN stand s ON s.artist = m.artist AND s.release = m.release;

DROP TABLE turned_recordings;
DROP TABLE listed_now;
