-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Pairs of sounds that share fingerprint terms, to be verified by aligned bits. A term that very many sounds share
-- (silence, a drone) says nothing and is passed over.
CREATE OR REPLACE TABLE terms AS
SELECT DISTINCT sha256, unnest(keys) AS term FROM sounds;

SELECT x.sha256, y.sha256, count(*) AS shared
FROM terms x
JOIN terms y ON x.term = y.term AND x.sha256 < y.sha256
WHERE x.term IN (SELECT term FROM terms GROUP BY term HAVING count(*) BETWEEN 2 AND 200)
GROUP BY x.sha256, y.sha256
HAVING count(*) >= 4
ORDER BY x.sha256, y.sha256;
