-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The newest word of each source on each of its tracks: a later record of the same name replaces the claims of the
-- earlier one, and a tombstone (a later record without claims) ends them.
CREATE OR REPLACE TABLE track_nodes AS
SELECT
  row_number() OVER (ORDER BY t.source, t.id) AS node,
  t.*,
  fold(t.title) AS folded_title,
  fold(t.artist) AS folded_artist
FROM tracks t
WHERE NOT EXISTS (
  SELECT 1 FROM records r WHERE r.source = t.source AND r.record = t.record AND r.seq > t.seq
)
QUALIFY row_number() OVER (PARTITION BY t.source, t.id ORDER BY t.seq DESC) = 1;

CREATE OR REPLACE TABLE artist_nodes AS
SELECT row_number() OVER (ORDER BY a.source, a.id) AS node, a.*, fold(a.name) AS folded_name
FROM artists a
WHERE NOT EXISTS (
  SELECT 1 FROM records r WHERE r.source = a.source AND r.record = a.record AND r.seq > a.seq
)
QUALIFY row_number() OVER (PARTITION BY a.source, a.id ORDER BY a.seq DESC) = 1;

CREATE OR REPLACE TABLE release_nodes AS
SELECT row_number() OVER (ORDER BY l.source, l.id) AS node, l.*, fold(l.title) AS folded_title
FROM releases l
WHERE NOT EXISTS (
  SELECT 1 FROM records r WHERE r.source = l.source AND r.record = l.record AND r.seq > l.seq
)
QUALIFY row_number() OVER (PARTITION BY l.source, l.id ORDER BY l.seq DESC) = 1;
