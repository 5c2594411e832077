-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A record that is called after something withdrawn is not named.
SELECT w.source, if(h.id IS NULL, w.record, '') AS record, w.id, w.title, w.mbid, w.iswc, w.composer, w.lyricist, w.language, w.kind,
  concat_ws(' AND ', nullif(l.license, ''), w.part_license) AS license
FROM work_nodes w
JOIN work_members m ON m.node = w.node
JOIN speakers l ON l.source = w.source
LEFT JOIN (SELECT DISTINCT source, id FROM hidden_claims) h
  ON h.source = w.source AND h.id = substr(w.record, strpos(w.record, ':') + 1)
ORDER BY w.source, w.id
