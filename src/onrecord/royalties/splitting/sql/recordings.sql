-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Streams of each recording in the month, as a whole and by payee, and its listeners where `$listeners` asks for some.
CREATE OR REPLACE TABLE recordings AS
WITH counts AS MATERIALIZED (
    SELECT pool, recording, payee, sum(CAST(count AS HUGEINT)) AS count
    FROM counted
    WHERE count > 0
    GROUP BY pool, recording, payee
), wholes AS (
    SELECT pool, recording, sum(count) AS whole
    FROM counts
    GROUP BY pool, recording
), heard AS (
    SELECT pool, recording, count(DISTINCT listener) AS listeners
    FROM counted
    WHERE count > 0 AND $listeners > 0
    GROUP BY pool, recording
)
SELECT c.pool, c.recording, c.payee, c.count, w.whole, coalesce(h.listeners, 0) AS listeners
FROM counts c
JOIN wholes w ON w.pool = c.pool AND w.recording = c.recording
LEFT JOIN heard h ON h.pool = c.pool AND h.recording = c.recording
