-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What sound is held of, for whoever harvests the archive: (id, kind, digest, gone, shelves, genre, name, maker), by id; the
-- last two of releases alone. The digest is another
-- whenever the thing would be described in other words. Gone are ids that lead to another such thing now, and what is
-- withdrawn (`withdrawn_things`: kind, id). `taken_back` (evidence) counts no more.
WITH sounds AS (
  SELECT DISTINCT recording, blob FROM recording_members WHERE blob <> ''
),
said AS (
  SELECT l.blob, count(*) AS facts, max(l.seq) AS newest
  FROM links l SEMI JOIN sounds s ON s.blob = l.blob
  WHERE l.evidence NOT IN (SELECT evidence FROM taken_back)
  GROUP BY l.blob
),
shelved AS (SELECT sha256, arg_max(shelf, seq) AS shelf FROM volumes GROUP BY sha256),
heard AS (
  SELECT
    s.recording,
    string_agg(concat_ws(' ', s.blob, d.facts, d.newest), ' ' ORDER BY s.blob) AS facts,
    list_sort(list_distinct(list(v.shelf) FILTER (WHERE v.shelf IS NOT NULL))) AS shelves
  FROM sounds s LEFT JOIN said d ON d.blob = s.blob LEFT JOIN shelved v ON v.sha256 = s.blob
  GROUP BY s.recording
),
placed AS (
  SELECT t.recording, string_agg(DISTINCT concat_ws(' ', l.id, l.title, l.label), ' ' ORDER BY concat_ws(' ', l.id, l.title, l.label)) AS places
  FROM canonical_tracks t SEMI JOIN heard h ON h.recording = t.recording JOIN canonical_releases l ON l.id = t.release
  GROUP BY t.recording
),
recordings AS (
  SELECT r.id, 'recording' AS kind, md5(concat_ws('|', to_json(r), h.facts, p.places)) AS digest, h.shelves,
    r.genre, '' AS name, '' AS maker
  FROM canonical_recordings r JOIN heard h ON h.recording = r.id LEFT JOIN placed p ON p.recording = r.id
),
listed AS (
  SELECT
    t.release,
    string_agg(concat_ws(' ', t.disc, t.position, r.id, r.title, r.artist), '|' ORDER BY t.disc, t.position, r.id) AS tracks,
    list_sort(list_distinct(flatten(list(h.shelves) FILTER (WHERE h.recording IS NOT NULL)))) AS shelves,
    mode(r.genre) FILTER (WHERE r.genre <> '') AS genre
  FROM canonical_tracks t
  JOIN canonical_recordings r ON r.id = t.recording
  LEFT JOIN heard h ON h.recording = t.recording
  WHERE t.release IN (SELECT release FROM canonical_tracks SEMI JOIN heard ON heard.recording = canonical_tracks.recording)
  GROUP BY t.release
),
releases AS (
  SELECT l.id, 'release' AS kind, md5(concat_ws('|', to_json(l), t.tracks)) AS digest, t.shelves,
    coalesce(t.genre, '') AS genre, l.title AS name, l.artist AS maker
  FROM canonical_releases l JOIN listed t ON t.release = l.id
),
held AS (FROM recordings UNION ALL FROM releases),
led AS (
  SELECT old, arg_max(new, seq) AS new FROM redirects WHERE kind IN ('track', 'release') GROUP BY old
),
every AS (
  SELECT h.id, h.kind, h.digest, w.id IS NOT NULL AS gone, h.shelves, h.genre, h.name, h.maker
  FROM held h LEFT JOIN withdrawn_things w ON w.id = h.id
  UNION ALL
  SELECT l.old, h.kind, '', true, [], '', '', ''
  FROM led l JOIN held h ON h.id = l.new
  WHERE l.old <> l.new AND l.old NOT IN (SELECT id FROM held)
  UNION ALL
  SELECT w.id, w.kind, '', true, [], '', '', ''
  FROM withdrawn_things w
  WHERE w.kind IN ('recording', 'release') AND w.id NOT IN (SELECT id FROM held)
)
SELECT DISTINCT ON (id)
  id, kind, CASE WHEN gone THEN '' ELSE digest END AS digest, gone, shelves, genre, name, maker
FROM every
ORDER BY id, gone;
