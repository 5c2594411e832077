-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- An equal name alone does not make one artist: the two must also be credited on one recording.
CREATE OR REPLACE TABLE artist_edges AS
SELECT min(node) OVER (PARTITION BY mbid) AS a, node AS b, 'mbid' AS reason, 0.99 AS confidence
FROM artist_nodes WHERE mbid <> ''
UNION ALL
SELECT min(a.node) OVER (PARTITION BY a.folded_name, l.label), a.node, 'name+recording', 0.9
FROM artist_nodes a
JOIN track_nodes t ON t.source = a.source AND t.artist_id = a.id
JOIN track_labels l ON l.node = t.node
WHERE a.folded_name <> '';
