-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One row an artist (onrecord.catalog.pages.ArtistBody).
WITH recorded AS (
  SELECT
    r.artist_id,
    list(struct_pack(
      id := r.id, title := r.title, artist := r.artist, artist_id := r.artist_id, duration_ms := r.duration_ms,
      disc := CAST(NULL AS BIGINT), position := CAST(NULL AS BIGINT), has_sound := b.recording IS NOT NULL
    ) ORDER BY r.title, r.id) AS recordings,
    bool_or(b.recording IS NOT NULL) AS has_sound
  FROM canonical_recordings r
  LEFT JOIN (SELECT DISTINCT recording FROM recording_blobs) b ON b.recording = r.id
  GROUP BY r.artist_id
),
released AS (
  SELECT artist_id, list(DISTINCT struct_pack(id := id, title := title, date := date)) AS releases
  FROM (
    SELECT r.artist_id, l.id, l.title, l.date
    FROM canonical_recordings r
    JOIN canonical_tracks t ON t.recording = r.id
    JOIN canonical_releases l ON l.id = t.release
  )
  GROUP BY artist_id
),
claimed AS (
  SELECT
    m.artist,
    list(struct_pack(
      source := n.source, source_id := n.id, reason := '', name := n.name, sort_name := n.sort_name,
      mbid := n.mbid, isni := n.isni, country := n.country
    ) ORDER BY m.rank, n.source, n.id) AS claims,
    max(n.seq) AS newest
  FROM artist_members m JOIN artist_nodes n ON n.node = m.node
  GROUP BY m.artist
),
-- What a person decided stands first, over what it overrides.
said AS (
  SELECT id, [struct_pack(
        source := 'a person', source_id := max_by(decision, seq), reason := 'override',
        name := coalesce(max(value) FILTER (WHERE field = 'name'), ''),
        sort_name := coalesce(max(value) FILTER (WHERE field = 'sort_name'), ''),
        mbid := coalesce(max(value) FILTER (WHERE field = 'mbid'), ''), isni := '', country := ''
      )] AS claims
  FROM overrides WHERE kind = 'artist' GROUP BY id
)
SELECT
  a.id, a.name AS title, '' AS subtitle, coalesce(r.has_sound, false) AS has_sound, c.newest,
  CAST(0 AS DOUBLE) AS seconds,
  to_json(struct_pack(
    name := a.name, releases := coalesce(list_sort(l.releases), []), recordings := coalesce(r.recordings, []),
    claims := list_concat(coalesce(o.claims, []), c.claims)
  )) AS body
FROM canonical_artists a
JOIN claimed c ON c.artist = a.id
LEFT JOIN recorded r ON r.artist_id = a.id
LEFT JOIN released l ON l.artist_id = a.id
LEFT JOIN said o ON o.id = a.id
ORDER BY a.id
