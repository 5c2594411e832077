-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT
  r.source, r.record, r.id, r.title, r.artist, r.mbid, r.barcode, r.label, r.date, r.country, r.kind, r.tracks,
  concat_ws(' AND ', nullif(l.license, ''), r.part_license) AS license
FROM release_nodes r
JOIN release_members m ON m.node = r.node
JOIN speakers l ON l.source = r.source
ORDER BY r.source, r.id
