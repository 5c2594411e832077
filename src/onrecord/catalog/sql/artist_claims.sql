-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One row a claim on an artist, as `recording_claims` has those on recordings.
SELECT
  p.number, m.artist AS id, m.founds, 0 AS artist, false AS listened,
  n.source, n.id AS source_id, '' AS reason,
  n.name, n.sort_name, n.mbid, n.isni, n.country,
  if(r.name <> n.name, r.name, NULL), NULL::VARCHAR
FROM artist_members m
JOIN artist_nodes n ON n.node = m.node
JOIN canonical_artists r ON r.id = m.artist
JOIN page_numbers p ON p.id = m.artist AND p.number BETWEEN {first} AND {last}
ORDER BY p.number, m.rank, n.source, n.id
