-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What withdrawals hide, with the day of the first (`withheld`: sha256, day; `target_days`: id, day): what they name;
-- recordings of whose sound nothing else is left; releases of whose recordings nothing else is left.
CREATE OR REPLACE TEMP TABLE withdrawn_things AS
WITH current_places AS (
  SELECT source, id, arg_max(release_id, seq) AS release_id FROM tracks GROUP BY source, id
),
silenced AS (
  SELECT t.recording AS id, d.day FROM target_recordings t JOIN target_days d ON d.id = t.asked
  UNION ALL
  SELECT m.recording, min(w.day)
  FROM held_recording_members m LEFT JOIN withheld w ON w.sha256 = m.blob
  WHERE m.source = 'file'
  GROUP BY m.recording
  HAVING count(*) = count(w.sha256)
),
recordings AS (SELECT id, min(day) AS day FROM silenced GROUP BY id),
placed AS (
  SELECT DISTINCT r.release, m.recording
  FROM held_release_members r
  JOIN current_places c ON c.source = r.source AND c.release_id = r.source_id
  JOIN held_recording_members m ON m.source = c.source AND m.source_id = c.id
),
every AS (
  SELECT 'recording' AS kind, id, day FROM recordings
  UNION ALL
  SELECT 'release', p.release, min(x.day)
  FROM placed p LEFT JOIN recordings x ON x.id = p.recording
  GROUP BY p.release
  HAVING count(*) = count(x.id)
  UNION ALL
  SELECT t.kind, t.id, d.day FROM target_ids t JOIN target_days d ON d.id = t.asked WHERE t.kind <> 'blob'
)
SELECT kind, id, min(day) AS day FROM every GROUP BY kind, id;
