-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Paid streams: those of recordings above the line, after what the months before counted on the same service. Where a
-- part of a recording's streams is paid and several payees share it, they get whole streams by largest remainder.
CREATE OR REPLACE TABLE weights AS
WITH before AS (
    SELECT service, recording, sum(count) AS count
    FROM history
    WHERE month BETWEEN $first AND $last
    GROUP BY service, recording
), known AS (
    SELECT r.*, coalesce(b.count, 0) AS before,
           coalesce(b.count, 0) + CASE WHEN $with_month THEN r.whole ELSE 0 END AS reached
    FROM recordings r
    JOIN pools p ON p.pool = r.pool
    LEFT JOIN before b ON b.service = p.service AND b.recording = r.recording
), judged AS MATERIALIZED (
    SELECT pool, recording, payee, count, whole,
           CASE WHEN reached < $streams OR listeners < $listeners THEN 0
                WHEN $excess AND before < $streams THEN before + whole - $streams
                ELSE whole END AS due
    FROM known
), ranked AS (
    SELECT pool, payee, quotient(due * count, whole) AS paid,
           row_number() OVER (
               PARTITION BY pool, recording ORDER BY due * count % whole DESC, CAST(payee AS VARCHAR)
           ) AS place,
           due - sum(quotient(due * count, whole)) OVER (PARTITION BY pool, recording) AS places
    FROM judged
    WHERE due NOT IN (0, whole) AND count < whole
)
SELECT pool, payee, sum(streams) AS weight
FROM (
    SELECT pool, payee, CASE WHEN due = whole THEN count ELSE due END AS streams
    FROM judged
    WHERE due IN (0, whole) OR count = whole
    UNION ALL
    SELECT pool, payee, paid + CASE WHEN place <= places THEN 1 ELSE 0 END FROM ranked
)
GROUP BY pool, payee
