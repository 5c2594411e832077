-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A record that is called after something withdrawn is not named.
SELECT c.source, if(h.id IS NULL, c.record, '') AS record, c.id, c.name, c.sort_name, c.mbid, c.isni, c.code, c.country, c.kind, c.parent,
  concat_ws(' AND ', nullif(l.license, ''), c.part_license) AS license
FROM label_nodes c
JOIN label_members m ON m.node = c.node
JOIN speakers l ON l.source = c.source
LEFT JOIN (SELECT DISTINCT source, id FROM hidden_claims) h
  ON h.source = c.source AND h.id = substr(c.record, strpos(c.record, ':') + 1)
ORDER BY c.source, c.id
