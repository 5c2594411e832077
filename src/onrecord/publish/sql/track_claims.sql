-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A record that is called after something withdrawn is not named.
SELECT
  t.source, if(h.id IS NULL, t.record, '') AS record, t.id, t.title, t.artist, t.artist_id, t.release, t.release_id,
  t.disc, t.position, t.duration_ms, t.isrc, t.mbid, t.date, t.genre, t.composer, m.blob,
  concat_ws(' AND ', nullif(l.license, ''), t.part_license) AS license
FROM track_nodes t
JOIN recording_members m ON m.node = t.node
JOIN speakers l ON l.source = t.source
LEFT JOIN (SELECT DISTINCT source, id FROM hidden_claims) h
  ON h.source = t.source AND h.id = substr(t.record, strpos(t.record, ':') + 1)
ORDER BY t.source, t.id
