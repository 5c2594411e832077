-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT
  t.source, t.record, t.id, t.title, t.artist, t.artist_id, t.release, t.release_id, t.disc, t.position,
  t.duration_ms, t.isrc, t.mbid, t.date, t.genre, t.composer, m.blob,
  concat_ws(' AND ', nullif(l.license, ''), t.part_license) AS license
FROM track_nodes t
JOIN recording_members m ON m.node = t.node
JOIN speakers l ON l.source = t.source
ORDER BY t.source, t.id
