-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
CREATE OR REPLACE TABLE release_edges AS
SELECT min(node) OVER (PARTITION BY mbid) AS a, node AS b, 'mbid' AS reason, 0.99 AS confidence
FROM release_nodes WHERE mbid <> ''
UNION ALL
SELECT min(node) OVER (PARTITION BY barcode, folded_title), node, 'barcode+title', 0.97
FROM release_nodes WHERE barcode <> '' AND folded_title <> ''
UNION ALL
SELECT min(r.node) OVER (PARTITION BY r.folded_title, l.label), r.node, 'title+recording', 0.9
FROM release_nodes r
JOIN track_nodes t ON t.source = r.source AND t.release_id = r.id
JOIN track_labels l ON l.node = t.node
WHERE r.folded_title <> '';
