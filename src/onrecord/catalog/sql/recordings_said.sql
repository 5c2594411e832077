-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the members of recordings say, a row a claim. Read a slice at a time (`match._recordings`): by `seq` files are left
-- out, by `node` members.
CREATE OR REPLACE VIEW recordings_said AS
SELECT
  m.recording AS id, m.rank, m.joined, m.node, n.seq, n.source, n.id AS source_id, n.title, n.artist,
  coalesce(a.artist, '') AS artist_id, n.duration_ms, n.date, n.genre, n.composer, n.isrc, n.mbid,
  if(n.source = 'file', n.blob, '') AS file, n.first_seq, m.founds
FROM recording_members m
JOIN track_nodes n ON n.node = m.node
LEFT JOIN artist_members a ON a.source = n.source AND a.source_id = n.artist_id;

-- The name under which a file was deposited: one without tags is still called something.
CREATE OR REPLACE TABLE deposited_names AS
SELECT sha256, regexp_extract(arg_min(name, (seq, name)), '([^/]*?)(\.[^./]*)?$', 1) AS name
FROM deposits GROUP BY sha256;
