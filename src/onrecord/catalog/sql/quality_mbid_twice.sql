-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One MBID on several claims of a kind. A recording may stand on many releases, but hardly twice on one.
SELECT
  source, 'mbid-twice' AS code, list_slice(list(id ORDER BY id), 1, 20) AS claims, kind || ' ' || mbid AS said
FROM (
  SELECT source, id, 'recording' AS kind, mbid, release_id AS place FROM quality_tracks
  UNION ALL SELECT source, id, 'release', mbid, '' FROM quality_releases
  UNION ALL SELECT source, id, 'artist', mbid, '' FROM quality_artists
)
WHERE mbid <> ''
GROUP BY source, kind, mbid, place
HAVING count(*) > 1
