-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the pages of touched artists list otherwise than before, behind `touched_pages`: `listed_gone` (artist, place), where
-- in the list of before a recording stood that stands there no more, or under another title; `listed_come` (artist, place,
-- recording), where in the list of now one stands that did not; `listed_counts` (artist, before, now), how long the lists
-- are; `listed_releases` (artist, release, stands), releases on which a recording of the artist may stand that did not, or the
-- other way round. An artist of ten thousand recordings is one of whom a few are other, and the rest need no number.
CREATE OR REPLACE TABLE turned_recordings AS
SELECT id FROM (
  (SELECT id, title, artist_id FROM canonical_recordings_fresh EXCEPT SELECT id, title, artist_id FROM canonical_recordings_was)
  UNION ALL
  (SELECT id, title, artist_id FROM canonical_recordings_was EXCEPT SELECT id, title, artist_id FROM canonical_recordings_fresh)
)
GROUP BY id;

CREATE OR REPLACE TABLE listed_before AS
SELECT artist_id AS artist, id, row_number() OVER (PARTITION BY artist_id ORDER BY title, id) - 1 AS place
FROM canonical_recordings_kept SEMI JOIN (SELECT id AS artist_id FROM touched_pages WHERE rank = 0) USING (artist_id);

CREATE OR REPLACE TABLE listed_now AS
SELECT artist_id AS artist, id, row_number() OVER (PARTITION BY artist_id ORDER BY title, id) - 1 AS place
FROM canonical_recordings SEMI JOIN (SELECT id AS artist_id FROM touched_pages WHERE rank = 0) USING (artist_id);

CREATE OR REPLACE TABLE listed_gone AS
SELECT artist, place FROM listed_before SEMI JOIN turned_recordings USING (id);

CREATE OR REPLACE TABLE listed_come AS
SELECT artist, place, id AS recording FROM listed_now SEMI JOIN turned_recordings USING (id);

CREATE OR REPLACE TABLE listed_counts AS
SELECT artist, sum(before)::BIGINT AS before, sum(now)::BIGINT AS now FROM (
  SELECT artist, count(*) AS before, 0 AS now FROM listed_before GROUP BY artist
  UNION ALL
  SELECT artist, 0, count(*) FROM listed_now GROUP BY artist
)
GROUP BY artist;

CREATE OR REPLACE TABLE listed_releases AS
WITH moved AS (
  FROM turned_recordings UNION SELECT recording AS id FROM moved_tracks
),
made AS (
  SELECT id, artist_id FROM canonical_recordings_kept SEMI JOIN moved USING (id)
  UNION
  SELECT id, artist_id FROM canonical_recordings SEMI JOIN moved USING (id)
),
placed AS (
  SELECT recording, release FROM canonical_tracks_kept SEMI JOIN (SELECT id AS recording FROM moved) USING (recording)
  UNION
  SELECT recording, release FROM canonical_tracks SEMI JOIN (SELECT id AS recording FROM moved) USING (recording)
),
may AS (
  SELECT DISTINCT m.artist_id AS artist, p.release FROM made m JOIN placed p ON p.recording = m.id
  SEMI JOIN (SELECT id AS artist_id FROM touched_pages WHERE rank = 0) USING (artist_id)
),
stand AS (
  SELECT DISTINCT n.artist, t.release FROM canonical_tracks t SEMI JOIN may USING (release) JOIN listed_now n ON n.id = t.recording
)
SELECT m.artist, m.release, s.artist IS NOT NULL AS stands
FROM may m LEFT JOIN stand s ON s.artist = m.artist AND s.release = m.release;

DROP TABLE listed_before;
DROP TABLE listed_now;
