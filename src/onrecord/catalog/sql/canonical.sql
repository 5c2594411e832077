-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The canonical view over the members: for each field the first source in the order of precedence that says something.
-- Most claims are joined with no other, so those are taken as they are.
CREATE OR REPLACE TABLE canonical_artists AS
SELECT m.artist AS id, n.name, n.sort_name, n.mbid
FROM artist_members m JOIN artist_nodes n ON n.node = m.node
WHERE NOT m.joined
UNION ALL
SELECT
  m.artist,
  coalesce(arg_min(n.name, (m.rank, n.source, n.id)) FILTER (WHERE n.name <> ''), ''),
  coalesce(arg_min(n.sort_name, (m.rank, n.source, n.id)) FILTER (WHERE n.sort_name <> ''), ''),
  coalesce(arg_min(n.mbid, (m.rank, n.source, n.id)) FILTER (WHERE n.mbid <> ''), '')
FROM artist_members m JOIN artist_nodes n ON n.node = m.node
WHERE m.joined
GROUP BY m.artist;

CREATE OR REPLACE TABLE canonical_releases AS
SELECT m.release AS id, n.title, n.artist, n.date, n.barcode, n.label
FROM release_members m JOIN release_nodes n ON n.node = m.node
WHERE NOT m.joined
UNION ALL
SELECT
  m.release,
  coalesce(arg_min(n.title, (m.rank, n.source, n.id)) FILTER (WHERE n.title <> ''), ''),
  coalesce(arg_min(n.artist, (m.rank, n.source, n.id)) FILTER (WHERE n.artist <> ''), ''),
  coalesce(arg_min(n.date, (m.rank, n.source, n.id)) FILTER (WHERE n.date <> ''), ''),
  coalesce(arg_min(n.barcode, (m.rank, n.source, n.id)) FILTER (WHERE n.barcode <> ''), ''),
  coalesce(arg_min(n.label, (m.rank, n.source, n.id)) FILTER (WHERE n.label <> ''), '')
FROM release_members m JOIN release_nodes n ON n.node = m.node
WHERE m.joined
GROUP BY m.release;

CREATE OR REPLACE TABLE canonical_tracks AS
WITH placed AS (
  SELECT r.release, m.recording, n.disc, n.position, m.rank, m.joined
  FROM recording_members m
  JOIN track_nodes n ON n.node = m.node
  JOIN release_members r ON r.source = n.source AND r.source_id = n.release_id
  WHERE n.release_id <> ''
)
SELECT release, recording, disc, position FROM placed WHERE NOT joined
UNION ALL
SELECT * FROM (
  SELECT DISTINCT ON (release, recording) release, recording, disc, position FROM placed WHERE joined
  ORDER BY release, recording, rank, disc NULLS LAST, position NULLS LAST
);

CREATE OR REPLACE TABLE recording_blobs AS
SELECT DISTINCT recording, blob FROM recording_members WHERE source = 'file' ORDER BY recording, blob;

CREATE OR REPLACE TABLE canonical_works AS
SELECT
  m.work AS id,
  coalesce(arg_min(n.title, (m.rank, n.source, n.id)) FILTER (WHERE n.title <> ''), '') AS title,
  coalesce(arg_min(n.composer, (m.rank, n.source, n.id)) FILTER (WHERE n.composer <> ''), '') AS composer,
  coalesce(arg_min(n.lyricist, (m.rank, n.source, n.id)) FILTER (WHERE n.lyricist <> ''), '') AS lyricist,
  coalesce(arg_min(n.language, (m.rank, n.source, n.id)) FILTER (WHERE n.language <> ''), '') AS language,
  coalesce(arg_min(n.kind, (m.rank, n.source, n.id)) FILTER (WHERE n.kind <> ''), '') AS kind,
  coalesce(list_sort(list(DISTINCT n.iswc) FILTER (WHERE n.iswc <> '')), []) AS iswcs,
  coalesce(list_sort(list(DISTINCT n.mbid) FILTER (WHERE n.mbid <> '')), []) AS mbids
FROM work_members m JOIN work_nodes n ON n.node = m.node
GROUP BY m.work;

CREATE OR REPLACE TABLE canonical_labels AS
SELECT
  m.label AS id,
  coalesce(arg_min(n.name, (m.rank, n.source, n.id)) FILTER (WHERE n.name <> ''), '') AS name,
  coalesce(arg_min(n.sort_name, (m.rank, n.source, n.id)) FILTER (WHERE n.sort_name <> ''), '') AS sort_name,
  coalesce(arg_min(n.code, (m.rank, n.source, n.id)) FILTER (WHERE n.code <> ''), '') AS code,
  coalesce(arg_min(n.country, (m.rank, n.source, n.id)) FILTER (WHERE n.country <> ''), '') AS country,
  coalesce(arg_min(n.kind, (m.rank, n.source, n.id)) FILTER (WHERE n.kind <> ''), '') AS kind,
  coalesce(arg_min(n.isni, (m.rank, n.source, n.id)) FILTER (WHERE n.isni <> ''), '') AS isni,
  coalesce(arg_min(n.mbid, (m.rank, n.source, n.id)) FILTER (WHERE n.mbid <> ''), '') AS mbid,
  coalesce(arg_min(p.label, (m.rank, n.source, n.id)) FILTER (WHERE p.label <> m.label), '') AS parent
FROM label_members m
JOIN label_nodes n ON n.node = m.node
LEFT JOIN label_members p ON p.source = n.source AND p.source_id = n.parent
GROUP BY m.label;
