-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Paid streams: those of recordings above the line, after what the months before counted on the same service.
CREATE OR REPLACE TABLE weights AS
WITH before AS (
    SELECT service, recording, sum(count) AS count
    FROM history
    WHERE month BETWEEN $first AND $last
    GROUP BY service, recording
), known AS (
    SELECT r.*, coalesce(b.count, 0) AS before,
           coalesce(b.count, 0) + CASE WHEN $with_month THEN r.count ELSE 0 END AS reached
    FROM recordings r
    JOIN pools p ON p.pool = r.pool
    LEFT JOIN before b ON b.service = p.service AND b.recording = r.recording
)
SELECT pool, payee,
       sum(CASE WHEN reached < $streams OR listeners < $listeners THEN 0
                WHEN $excess AND before < $streams THEN before + count - $streams
                ELSE count END) AS weight
FROM known
GROUP BY pool, payee
