-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The newest word of each source on each of its tracks: a later record of the same name replaces the claims of the
-- earlier one, and a tombstone (a later record without claims) ends them.
CREATE OR REPLACE TABLE track_nodes AS
SELECT row_number() OVER (ORDER BY source, id) AS node, *, fold(title) AS folded_title, fold(artist) AS folded_artist
FROM (
  SELECT t.* FROM tracks t
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
