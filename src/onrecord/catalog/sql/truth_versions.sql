-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Hard negatives: a claim of a version beside one claim of what it is a version of, by kind, and how many were joined.
WITH claims AS (
  SELECT t.thing, t.version, t.version_of, j.joined
  FROM true_tracks t JOIN joined_tracks j ON j.source = t.source AND j.id = t.id
),
bases AS (SELECT thing, min(joined) AS joined FROM claims GROUP BY thing)
SELECT v.version, count(*), count(*) FILTER (WHERE v.joined = b.joined)
FROM claims v JOIN bases b ON b.thing = v.version_of
WHERE v.version <> ''
GROUP BY v.version ORDER BY v.version;
