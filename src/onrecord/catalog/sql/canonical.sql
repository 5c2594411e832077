-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The canonical view over the members: for each field the first source in the order of precedence that says something.
CREATE OR REPLACE TABLE canonical_artists AS
SELECT
  m.artist AS id,
  coalesce(arg_min(n.name, (m.rank, n.source, n.id)) FILTER (WHERE n.name <> ''), '') AS name,
  coalesce(arg_min(n.sort_name, (m.rank, n.source, n.id)) FILTER (WHERE n.sort_name <> ''), '') AS sort_name,
  coalesce(arg_min(n.mbid, (m.rank, n.source, n.id)) FILTER (WHERE n.mbid <> ''), '') AS mbid
FROM artist_members m JOIN artist_nodes n ON n.node = m.node
GROUP BY m.artist;

CREATE OR REPLACE TABLE canonical_releases AS
SELECT
  m.release AS id,
  coalesce(arg_min(n.title, (m.rank, n.source, n.id)) FILTER (WHERE n.title <> ''), '') AS title,
  coalesce(arg_min(n.artist, (m.rank, n.source, n.id)) FILTER (WHERE n.artist <> ''), '') AS artist,
  coalesce(arg_min(n.date, (m.rank, n.source, n.id)) FILTER (WHERE n.date <> ''), '') AS date,
  coalesce(arg_min(n.barcode, (m.rank, n.source, n.id)) FILTER (WHERE n.barcode <> ''), '') AS barcode,
  coalesce(arg_min(n.label, (m.rank, n.source, n.id)) FILTER (WHERE n.label <> ''), '') AS label
FROM release_members m JOIN release_nodes n ON n.node = m.node
GROUP BY m.release;

CREATE OR REPLACE TABLE canonical_recordings AS
WITH named AS (
  SELECT
    m.recording AS id,
    coalesce(arg_min(n.title, (m.rank, n.source, n.id)) FILTER (WHERE n.title <> ''), '') AS title,
    coalesce(arg_min(n.artist, (m.rank, n.source, n.id)) FILTER (WHERE n.artist <> ''), '') AS artist,
    coalesce(arg_min(a.artist, (m.rank, n.source, n.id)) FILTER (WHERE a.artist IS NOT NULL), '') AS artist_id,
    arg_min(n.duration_ms, (if(n.source = 'file', 0, 1), m.rank, n.source, n.id))
      FILTER (WHERE n.duration_ms IS NOT NULL) AS duration_ms,
    coalesce(arg_min(n.date, (m.rank, n.source, n.id)) FILTER (WHERE n.date <> ''), '') AS date,
    coalesce(arg_min(n.genre, (m.rank, n.source, n.id)) FILTER (WHERE n.genre <> ''), '') AS genre,
    coalesce(arg_min(n.composer, (m.rank, n.source, n.id)) FILTER (WHERE n.composer <> ''), '') AS composer,
    list_sort(list(DISTINCT n.isrc) FILTER (WHERE n.isrc <> '')) AS isrcs,
    list_sort(list(DISTINCT n.mbid) FILTER (WHERE n.mbid <> '')) AS mbids,
    arg_min(n.blob, (n.seq, n.blob)) FILTER (WHERE n.source = 'file') AS first_blob
  FROM recording_members m
  JOIN track_nodes n ON n.node = m.node
  LEFT JOIN artist_members a ON a.source = n.source AND a.source_id = n.artist_id
  GROUP BY m.recording
)
SELECT
  id,
  -- A file without tags is still called something: the name under which it was deposited.
  if(title <> '', title, coalesce((
    SELECT regexp_extract(arg_min(d.name, (d.seq, d.name)), '([^/]*?)(\.[^./]*)?$', 1)
    FROM deposits d WHERE d.sha256 = first_blob
  ), '')) AS title,
  artist, artist_id, duration_ms, date, genre, composer,
  coalesce(isrcs, []) AS isrcs, coalesce(mbids, []) AS mbids
FROM named;

CREATE OR REPLACE TABLE canonical_tracks AS
SELECT DISTINCT ON (r.release, m.recording)
  r.release, m.recording, n.disc, n.position
FROM recording_members m
JOIN track_nodes n ON n.node = m.node
JOIN release_members r ON r.source = n.source AND r.source_id = n.release_id
WHERE n.release_id <> ''
ORDER BY r.release, m.recording, m.rank, n.disc NULLS LAST, n.position NULLS LAST;

CREATE OR REPLACE TABLE recording_blobs AS
SELECT DISTINCT recording, blob FROM recording_members WHERE source = 'file' ORDER BY recording, blob;
