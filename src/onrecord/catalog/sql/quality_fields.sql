-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Of each kind of claim, how many say something in each field.
SELECT
  source, 'track' AS kind, count(*) AS claims,
  unnest([
    'isrc', 'mbid', 'title', 'artist', 'artist_id', 'release', 'disc', 'position', 'duration_ms', 'date', 'genre', 'composer'
  ]) AS field,
  unnest([
    count(nullif(isrc, '')), count(nullif(mbid, '')), count(nullif(title, '')), count(nullif(artist, '')),
    count(nullif(artist_id, '')), count(nullif(release, '')), count(disc), count(position), count(duration_ms),
    count(nullif(date, '')), count(nullif(genre, '')), count(nullif(composer, ''))
  ]) AS filled
FROM quality_tracks GROUP BY source
UNION ALL
SELECT
  source, 'release', count(*),
  unnest(['barcode', 'mbid', 'title', 'artist', 'label', 'date', 'country', 'kind', 'tracks']),
  unnest([
    count(nullif(barcode, '')), count(nullif(mbid, '')), count(nullif(title, '')), count(nullif(artist, '')),
    count(nullif(label, '')), count(nullif(date, '')), count(nullif(country, '')), count(nullif(kind, '')), count(tracks)
  ])
FROM quality_releases GROUP BY source
UNION ALL
SELECT
  source, 'artist', count(*),
  unnest(['mbid', 'isni', 'name', 'sort_name', 'country']),
  unnest([
    count(nullif(mbid, '')), count(nullif(isni, '')), count(nullif(name, '')), count(nullif(sort_name, '')),
    count(nullif(country, ''))
  ])
FROM quality_artists GROUP BY source
