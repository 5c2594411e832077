-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One ISRC on tracks with different titles: a code that was given twice, or titles that are written in two ways.
SELECT
  source, 'isrc-titles' AS code, list_slice(list(id ORDER BY id), 1, 20) AS claims,
  isrc || ': ' || array_to_string(list_slice(list(DISTINCT title ORDER BY title), 1, 5), ' / ') AS said
FROM quality_tracks
WHERE isrc <> ''
GROUP BY source, isrc
HAVING count(DISTINCT folded_title) FILTER (WHERE folded_title <> '') > 1
