-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One row a claim on a recording whose number is from `{first}` to `{last}`, those of one together and the surest first:
-- what its page shows of it, what is counted, and the canonical value where it is another than the claim's (null or -2
-- where it is not; -1 is a number not said). Of members as `recording_numbered` has them.
SELECT
  m.number, m.recording AS id, m.founds, m.artist,
  starts_with(n.record, 'listened-recording:') AS listened,
  n.source, n.id AS source_id, m.reason,
  n.title, n.artist, n.release, coalesce(n.disc, -1) AS disc, coalesce(n.position, -1) AS position,
  coalesce(n.duration_ms, -1) AS duration_ms, n.isrc, n.mbid, n.date, n.genre, n.composer, n.blob,
  if(r.title <> n.title, r.title, NULL), if(r.artist <> n.artist, r.artist, NULL),
  if(r.duration_ms IS DISTINCT FROM n.duration_ms, coalesce(r.duration_ms, -1), -2),
  if(r.date <> n.date, r.date, NULL), if(r.genre <> n.genre, r.genre, NULL),
  if(r.composer <> n.composer, r.composer, NULL)
FROM {members} m
JOIN track_nodes n ON n.node = m.node
JOIN {canonical} r ON r.id = m.recording
ORDER BY m.number, m.rank, n.source, n.id
