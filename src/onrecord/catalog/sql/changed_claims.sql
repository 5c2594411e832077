-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Names of {kind} claims that came, went or changed after entry {since}.
CREATE OR REPLACE TABLE {kind}_changed AS
SELECT source, id FROM numbered_{kind}s WHERE seq > {since}
UNION
SELECT c.source, c.id
FROM numbered_{kind}s c
JOIN fresh_records r ON r.source = c.source AND r.record = c.record
WHERE c.seq <= {since};
