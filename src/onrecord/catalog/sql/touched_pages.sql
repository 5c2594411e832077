-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Things whose page may be another than before, behind `update`, `find_others` and `naming`: `touched_pages` (rank as in
-- `page_numbers.sql`, id). Pages name each other by number, so a title that changed touches its own page, and the order in
-- which its artist's page lists it.

-- Who stands where on which release, as it was or is and not both.
CREATE OR REPLACE TABLE moved_tracks AS
(FROM canonical_tracks_fresh EXCEPT FROM canonical_tracks_was) UNION ALL (FROM canonical_tracks_was EXCEPT FROM canonical_tracks_fresh);

-- Recordings whose sound may be another: what they stand on, and who made them, says that there is some.
CREATE OR REPLACE TABLE other_sounds AS
SELECT id FROM recording_members_other
WHERE id IN (SELECT recording FROM recording_fresh WHERE source = 'file' UNION SELECT recording FROM recording_before WHERE source = 'file');

-- MBIDs of records that came again: what they mention is another.
CREATE OR REPLACE TABLE renewed AS SELECT DISTINCT split_part(record, ':', 2) AS mbid FROM fresh_records;

CREATE OR REPLACE TABLE renewed_tracks AS
SELECT DISTINCT source, id FROM numbered_tracks
WHERE mbid <> '' AND mbid IN (
  FROM renewed
  UNION
  SELECT split_part(c.record, ':', 2) FROM mentions c
  WHERE c.kind = 'work' AND starts_with(c.record, 'recording:') AND c.mbid IN (
    SELECT w.mbid FROM numbered_works w SEMI JOIN work_touched t ON t.source = w.source AND t.id = w.id
  )
);

-- What artists are called, folded once.
CREATE OR REPLACE TABLE folded_names AS
SELECT said, fold(said) AS name FROM (SELECT name AS said FROM numbered_artists UNION SELECT artist FROM numbered_releases);

-- Artist claims that came, went, are of another artist or were called otherwise at some time, and what they are called.
CREATE OR REPLACE TABLE turned_names AS
WITH named AS (
  SELECT DISTINCT a.source, a.id, fold(a.name) AS name
  FROM numbered_artists a
  SEMI JOIN (FROM artist_changed UNION FROM artist_moved) t ON t.source = a.source AND t.id = a.id
)
SELECT DISTINCT source, name FROM named n
WHERE EXISTS (SELECT 1 FROM artist_moved m WHERE m.source = n.source AND m.id = n.id)
  OR EXISTS (SELECT 1 FROM named o WHERE o.source = n.source AND o.id = n.id AND o.name <> n.name);

-- Release claims of which the like is true, or whose record came again, and whom they name.
CREATE OR REPLACE TABLE turned_credit AS
WITH named AS (
  SELECT DISTINCT r.source, r.id, fold(r.artist) AS name, r.mbid
  FROM numbered_releases r
  SEMI JOIN (
    FROM release_changed UNION FROM release_moved UNION SELECT source, id FROM numbered_releases SEMI JOIN renewed USING (mbid)
  ) t ON t.source = r.source AND t.id = r.id
)
SELECT DISTINCT source, name, mbid FROM named n
WHERE EXISTS (SELECT 1 FROM release_moved m WHERE m.source = n.source AND m.id = n.id)
  OR EXISTS (SELECT 1 FROM named o WHERE o.source = n.source AND o.id = n.id AND (o.name, o.mbid) <> (n.name, n.mbid))
  OR n.mbid IN (FROM renewed);

-- Claims of which it is asked what they are of.
CREATE OR REPLACE TABLE named_releases AS
FROM release_changed
UNION
SELECT n.source, n.id FROM numbered_releases n
SEMI JOIN (SELECT a.source, f.said FROM turned_names a JOIN folded_names f USING (name)) a ON a.source = n.source AND a.said = n.artist
UNION
SELECT source, id FROM numbered_releases SEMI JOIN renewed USING (mbid);

CREATE OR REPLACE TABLE named_artists AS
FROM artist_changed
UNION
SELECT n.source, n.id FROM numbered_artists n
SEMI JOIN (SELECT r.source, f.said FROM turned_credit r JOIN folded_names f USING (name)) r ON r.source = n.source AND r.said = n.name
UNION
SELECT source, id FROM numbered_artists WHERE mbid IN (
  SELECT c.mbid FROM mentions c
  WHERE c.kind = 'artist' AND starts_with(c.record, 'release:')
    AND split_part(c.record, ':', 2) IN (SELECT mbid FROM turned_credit WHERE mbid <> '')
);

CREATE OR REPLACE TABLE touched_pages AS
SELECT 2 AS rank, id FROM recording_members_other
UNION
SELECT 2, id FROM canonical_recordings_other
UNION
SELECT 2, id FROM canonical_tracks_other
UNION
SELECT 2, m.recording FROM recording_fresh m SEMI JOIN track_changed c ON c.source = m.source AND c.id = m.source_id
UNION
SELECT 2, recording FROM recording_said('renewed_tracks')
UNION
-- Evidence about sound comes and goes beside the claims.
SELECT 2, recording FROM recording_blobs
UNION
SELECT 1, id FROM release_members_other
UNION
SELECT 1, id FROM canonical_releases_other
UNION
SELECT 1, release FROM moved_tracks
UNION
SELECT 1, release FROM canonical_tracks_fresh WHERE recording IN (FROM other_sounds)
UNION
SELECT 1, release FROM release_said('named_releases')
UNION
SELECT 0, id FROM artist_members_other
UNION
SELECT 0, id FROM canonical_artists_other
UNION
-- Those whose list of recordings has another order or other members.
SELECT 0, artist_id FROM (
  (SELECT id, title, artist_id FROM canonical_recordings_fresh EXCEPT SELECT id, title, artist_id FROM canonical_recordings_was)
  UNION ALL
  (SELECT id, title, artist_id FROM canonical_recordings_was EXCEPT SELECT id, title, artist_id FROM canonical_recordings_fresh)
)
WHERE artist_id <> ''
UNION
-- Those whose recordings stand elsewhere, or have sound.
SELECT 0, artist_id FROM (FROM canonical_recordings_was UNION ALL FROM canonical_recordings_fresh)
WHERE artist_id <> '' AND id IN (SELECT recording FROM moved_tracks UNION FROM other_sounds)
UNION
-- Those who changed, and those whom releases name otherwise than before.
SELECT 0, artist FROM artist_said('named_artists');

-- By kind, for those who ask for few.
CREATE OR REPLACE TABLE touched_artists AS SELECT id FROM touched_pages WHERE rank = 0;
CREATE OR REPLACE TABLE touched_releases AS SELECT id FROM touched_pages WHERE rank = 1;
CREATE OR REPLACE TABLE touched_recordings AS SELECT id FROM touched_pages WHERE rank = 2;
