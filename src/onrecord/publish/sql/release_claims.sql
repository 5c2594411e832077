-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A record that is called after something withdrawn is not named.
SELECT
  r.source, if(h.id IS NULL, r.record, '') AS record, r.id, r.title, r.artist, r.mbid, r.barcode, r.label, r.date, r.country, r.kind, r.tracks,
  concat_ws(' AND ', nullif(l.license, ''), r.part_license) AS license
FROM release_nodes r
JOIN release_members m ON m.node = r.node
JOIN speakers l ON l.source = r.source
LEFT JOIN (SELECT DISTINCT source, id FROM hidden_claims) h
  ON h.source = r.source AND h.id = substr(r.record, strpos(r.record, ':') + 1)
ORDER BY r.source, r.id
