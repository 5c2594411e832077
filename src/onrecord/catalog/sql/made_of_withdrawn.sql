-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Access copies of sound that is withdrawn (`withheld`), and pictures that lie in such files and in no other.
SELECT c.copy AS sha256 FROM copies c SEMI JOIN withheld w ON w.sha256 = c.sha256
UNION
SELECT p.picture
FROM current_pictures p LEFT JOIN withheld w ON w.sha256 = p.sha256
GROUP BY p.picture
HAVING count(*) = count(w.sha256)
ORDER BY 1
