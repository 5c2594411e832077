-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A record that is called after something withdrawn is not named.
SELECT a.source, if(h.id IS NULL, a.record, '') AS record, a.id, a.name, a.sort_name, a.mbid, a.isni, a.country,
  concat_ws(' AND ', nullif(l.license, ''), a.part_license) AS license
FROM artist_nodes a
JOIN artist_members m ON m.node = a.node
JOIN speakers l ON l.source = a.source
LEFT JOIN (SELECT DISTINCT source, id FROM hidden_claims) h
  ON h.source = a.source AND h.id = substr(a.record, strpos(a.record, ':') + 1)
ORDER BY a.source, a.id
