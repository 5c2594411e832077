-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The front cover that files of one release bear, for a file (?) that bears no picture: the one that most of them bear.
SELECT p.picture
FROM current_pictures p
JOIN tracks t ON t.source = 'file' AND t.id = p.sha256
JOIN tracks own ON own.source = 'file' AND own.release_id = t.release_id AND own.release_id <> ''
WHERE own.id = $1 AND p.kind = 3 AND NOT EXISTS (SELECT 1 FROM current_pictures o WHERE o.sha256 = $1)
GROUP BY p.picture
ORDER BY count(DISTINCT p.sha256) DESC, p.picture
LIMIT 1;
