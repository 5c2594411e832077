-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Every identifier that a claim gives, with the canonical thing that the claim belongs to. An ISRC (or ISWC) is evidence of
-- identity, never proof, and stands here of each thing that it was given to.
WITH given AS (
  SELECT 'track' AS kind, m.recording AS id, n.source, n.id AS source_id, n.part_license, m.reason, m.confidence,
    unnest([('isrc', n.isrc), ('mbid', n.mbid)]) AS code
  FROM recording_members m JOIN track_nodes n ON n.node = m.node
  UNION ALL
  SELECT 'release', m.release, n.source, n.id, n.part_license, m.reason, m.confidence,
    unnest([('barcode', n.barcode), ('mbid', n.mbid), ('discogs', if(n.source = 'discogs', 'r' || n.id, ''))])
  FROM release_members m JOIN release_nodes n ON n.node = m.node
  UNION ALL
  SELECT 'artist', m.artist, n.source, n.id, n.part_license, m.reason, m.confidence,
    unnest([('isni', n.isni), ('mbid', n.mbid), ('discogs', if(n.source = 'discogs', 'a' || n.id, ''))])
  FROM artist_members m JOIN artist_nodes n ON n.node = m.node
  UNION ALL
  SELECT 'work', m.work, n.source, n.id, n.part_license, m.reason, m.confidence, unnest([('iswc', n.iswc), ('mbid', n.mbid)])
  FROM work_members m JOIN work_nodes n ON n.node = m.node
  UNION ALL
  SELECT 'label', m.label, n.source, n.id, n.part_license, m.reason, m.confidence,
    unnest([('code', n.code), ('isni', n.isni), ('mbid', n.mbid), ('discogs', if(n.source = 'discogs', 'l' || n.id, ''))])
  FROM label_members m JOIN label_nodes n ON n.node = m.node
)
SELECT g.kind, g.id, g.code[1] AS scheme, g.code[2] AS value, g.source, g.source_id, g.reason, g.confidence,
  concat_ws(' AND ', nullif(l.license, ''), g.part_license) AS license
FROM given g JOIN speakers l ON l.source = g.source
WHERE g.code[2] <> ''
ORDER BY g.kind, g.id, scheme, value, g.source, g.source_id
