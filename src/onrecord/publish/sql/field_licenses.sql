-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a source says in a column stands under the license of its records, or of the part that the column is.
WITH columns(claims, field) AS (
  SELECT 'track_claims', unnest([
    'title', 'artist', 'artist_id', 'release', 'release_id', 'disc', 'position', 'duration_ms', 'isrc', 'mbid', 'date',
    'genre', 'composer'
  ])
  UNION ALL SELECT 'release_claims', unnest([
    'title', 'artist', 'mbid', 'barcode', 'label', 'date', 'country', 'kind', 'tracks'
  ])
  UNION ALL SELECT 'artist_claims', unnest(['name', 'sort_name', 'mbid', 'isni', 'country'])
  UNION ALL SELECT 'work_claims', unnest(['title', 'mbid', 'iswc', 'composer', 'lyricist', 'language', 'kind'])
  UNION ALL SELECT 'label_claims', unnest(['name', 'sort_name', 'mbid', 'isni', 'code', 'country', 'kind', 'parent'])
)
SELECT l.source, c.claims, c.field, coalesce(p.license, l.license) AS license
FROM speakers l CROSS JOIN columns c
LEFT JOIN parts p ON p.source = l.source AND p.claims = c.claims AND p.field = c.field
WHERE coalesce(p.leaves, true)
ORDER BY l.source, c.claims, c.field
