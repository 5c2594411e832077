-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The newest word of each source on each of its tracks: a later record of the same name replaces the claims of the
-- earlier one, and a tombstone (a later record without claims) ends them. A track whose sound was fetched from where its
-- source says it is names these bytes.
CREATE OR REPLACE TABLE track_nodes AS
SELECT row_number() OVER (ORDER BY source, id) AS node, *, fold(title) AS folded_title, fold(artist) AS folded_artist
FROM (
  SELECT t.* REPLACE (coalesce(nullif(t.blob, ''), g.sha256, '') AS blob)
  FROM tracks t
  LEFT JOIN (SELECT source, track, arg_max(sha256, seq) AS sha256 FROM fetched GROUP BY source, track) g
    ON g.source = t.source AND g.track = t.id
  WHERE NOT EXISTS (
    SELECT 1 FROM records r WHERE r.source = t.source AND r.record = t.record AND r.seq > t.seq
  )
  QUALIFY row_number() OVER (PARTITION BY t.source, t.id ORDER BY t.seq DESC, t.record, t::VARCHAR) = 1
);

CREATE OR REPLACE TABLE artist_nodes AS
SELECT row_number() OVER (ORDER BY source, id) AS node, *, fold(name) AS folded_name
FROM (
  SELECT a.* FROM artists a
  WHERE NOT EXISTS (
    SELECT 1 FROM records r WHERE r.source = a.source AND r.record = a.record AND r.seq > a.seq
  )
  QUALIFY row_number() OVER (PARTITION BY a.source, a.id ORDER BY a.seq DESC, a.record, a::VARCHAR) = 1
);

CREATE OR REPLACE TABLE release_nodes AS
SELECT row_number() OVER (ORDER BY source, id) AS node, *, fold(title) AS folded_title
FROM (
  SELECT l.* FROM releases l
  WHERE NOT EXISTS (
    SELECT 1 FROM records r WHERE r.source = l.source AND r.record = l.record AND r.seq > l.seq
  )
  QUALIFY row_number() OVER (PARTITION BY l.source, l.id ORDER BY l.seq DESC, l.record, l::VARCHAR) = 1
);
