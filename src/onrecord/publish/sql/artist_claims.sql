-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT a.source, a.record, a.id, a.name, a.sort_name, a.mbid, a.isni, a.country,
  concat_ws(' AND ', nullif(l.license, ''), a.part_license) AS license
FROM artist_nodes a
JOIN artist_members m ON m.node = a.node
JOIN speakers l ON l.source = a.source
ORDER BY a.source, a.id
