-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Tracks of one title, artist and length in seconds that no MBID or ISRC says are one recording: it may be there twice.
SELECT
  source, 'same-track' AS code, list_slice(list(id ORDER BY id), 1, 20) AS claims,
  any_value(artist ORDER BY id) || ': ' || any_value(title ORDER BY id) || ', ' || seconds || ' s' AS said
FROM (
  SELECT *, round(duration_ms / 1000)::BIGINT AS seconds, coalesce(nullif(mbid, ''), nullif(isrc, ''), id) AS identity
  FROM quality_tracks
)
WHERE folded_title <> '' AND folded_artist <> '' AND seconds > 0
GROUP BY source, folded_title, folded_artist, seconds
HAVING count(DISTINCT identity) > 1
