-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Things whose page may be another than before, behind `update` and `naming`: `touched_pages` (rank as in
-- `page_numbers.sql`, id). Pages name each other by number, so a title that changed touches its own page, and the order in
-- which its artist's page lists it.
CREATE OR REPLACE TABLE touched_pages AS
-- MBIDs of records that came again: what they mention is another.
WITH renewed AS (
  SELECT split_part(record, ':', 2) AS mbid FROM fresh_records
),
recordings AS (
  SELECT id FROM recording_seen
  UNION
  SELECT m.recording FROM recording_every m JOIN track_current n ON n.source = m.source AND n.id = m.source_id
  WHERE n.mbid <> '' AND n.mbid IN (
    FROM renewed
    UNION
    SELECT split_part(c.record, ':', 2) FROM mentions c
    WHERE c.kind = 'work' AND starts_with(c.record, 'recording:') AND c.mbid IN (
      SELECT w.mbid FROM numbered_works w SEMI JOIN work_touched t ON t.source = w.source AND t.id = w.id
    )
  )
  UNION
  SELECT b FROM named_links WHERE kind = 'recording' AND a IN (FROM work_seen)
),
turned_artists AS (
  SELECT source, id FROM artist_changed UNION FROM artist_moved
),
artist_names AS (
  SELECT DISTINCT a.source, fold(a.name) AS name
  FROM numbered_artists a SEMI JOIN turned_artists t ON t.source = a.source AND t.id = a.id
),
releases AS MATERIALIZED (
  SELECT id FROM release_seen
  UNION
  SELECT t.release FROM canonical_tracks_kept t SEMI JOIN recordings r ON r.id = t.recording
  UNION
  SELECT t.release FROM canonical_tracks t SEMI JOIN recordings r ON r.id = t.recording
  UNION
  SELECT m.release FROM release_every m JOIN release_current n ON n.source = m.source AND n.id = m.source_id
  SEMI JOIN artist_names a ON a.source = n.source AND a.name = fold(n.artist)
  UNION
  SELECT m.release FROM release_every m JOIN release_current n ON n.source = m.source AND n.id = m.source_id
  WHERE n.mbid <> '' AND n.mbid IN (FROM renewed)
),
-- Whom releases name, or named.
claims AS (
  SELECT source, source_id FROM release_kept SEMI JOIN releases ON id = release
  UNION
  SELECT source, source_id FROM release_fresh SEMI JOIN releases ON id = release
),
named AS (
  SELECT DISTINCT n.source, fold(n.artist) AS name, n.mbid
  FROM numbered_releases n SEMI JOIN claims c ON c.source = n.source AND c.source_id = n.id
)
SELECT 2 AS rank, id FROM recordings
UNION
-- Evidence about sound comes and goes beside the claims.
SELECT 2, recording FROM recording_blobs
UNION
SELECT 1, id FROM releases
UNION
SELECT 0, id FROM artist_seen
UNION
SELECT 0, k.artist_id FROM canonical_recordings_kept k SEMI JOIN recordings r ON r.id = k.id WHERE k.artist_id <> ''
UNION
SELECT 0, k.artist_id FROM canonical_recordings k SEMI JOIN recordings r ON r.id = k.id WHERE k.artist_id <> ''
UNION
SELECT 0, m.artist
FROM artist_every m JOIN artist_current n ON n.source = m.source AND n.id = m.source_id
SEMI JOIN named r ON r.source = n.source AND r.name = fold(n.name)
UNION
SELECT 0, m.artist
FROM artist_every m JOIN artist_current n ON n.source = m.source AND n.id = m.source_id
WHERE n.mbid IN (
  SELECT c.mbid FROM mentions c
  WHERE c.kind = 'artist' AND starts_with(c.record, 'release:')
    AND split_part(c.record, ':', 2) IN (SELECT mbid FROM named WHERE mbid <> '')
);
