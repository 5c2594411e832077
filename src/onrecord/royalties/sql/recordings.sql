-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Streams of each recording in the month, and its listeners where `$listeners` asks for some.
CREATE OR REPLACE TABLE recordings AS
WITH heard AS (
    SELECT pool, recording, count(DISTINCT listener) AS listeners
    FROM counted
    WHERE count > 0 AND $listeners > 0
    GROUP BY pool, recording
)
SELECT c.pool, c.recording, c.payee, sum(CAST(c.count AS HUGEINT)) AS count,
       coalesce(any_value(h.listeners), 0) AS listeners
FROM counted c
LEFT JOIN heard h ON h.pool = c.pool AND h.recording = c.recording
WHERE c.count > 0
GROUP BY c.pool, c.recording, c.payee
