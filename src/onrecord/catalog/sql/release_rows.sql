-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One row a release (onrecord.catalog.pages.ReleaseBody).
WITH listed AS (
  SELECT
    t.release,
    list(struct_pack(
      id := r.id, title := r.title, artist := r.artist, artist_id := r.artist_id, duration_ms := r.duration_ms,
      disc := t.disc, position := t.position, has_sound := b.recording IS NOT NULL
    ) ORDER BY t.disc NULLS FIRST, t.position NULLS LAST, r.title, r.id) AS tracks,
    bool_or(b.recording IS NOT NULL) AS has_sound
  FROM canonical_tracks t
  JOIN canonical_recordings r ON r.id = t.recording
  LEFT JOIN (SELECT DISTINCT recording FROM recording_blobs) b ON b.recording = r.id
  GROUP BY t.release
),
claimed AS (
  SELECT
    m.release,
    list(struct_pack(
      source := n.source, source_id := n.id, reason := '', title := n.title, artist := n.artist, date := n.date,
      barcode := n.barcode, label := n.label, country := n.country, kind := n.kind, mbid := n.mbid
    ) ORDER BY m.rank, n.source, n.id) AS claims,
    max(n.seq) AS newest
  FROM release_members m JOIN release_nodes n ON n.node = m.node
  GROUP BY m.release
),
-- What a person decided stands first, over what it overrides.
said AS (
  SELECT id, [struct_pack(
        source := 'a person', source_id := max_by(decision, seq), reason := 'override',
        title := coalesce(max(value) FILTER (WHERE field = 'title'), ''),
        artist := coalesce(max(value) FILTER (WHERE field = 'artist'), ''),
        date := coalesce(max(value) FILTER (WHERE field = 'date'), ''),
        barcode := coalesce(max(value) FILTER (WHERE field = 'barcode'), ''),
        label := coalesce(max(value) FILTER (WHERE field = 'label'), ''), country := '', kind := '', mbid := ''
      )] AS claims
  FROM overrides WHERE kind = 'release' GROUP BY id
),
credited AS (
  SELECT m.release, min(a.artist) AS artist_id
  FROM release_members m
  JOIN release_nodes n ON n.node = m.node
  JOIN artist_nodes x ON x.source = n.source AND x.folded_name = fold(n.artist)
  JOIN artist_members a ON a.node = x.node
  GROUP BY m.release
)
SELECT
  l.id, l.title, l.artist AS subtitle,
  coalesce(t.has_sound, false) AS has_sound,
  c.newest,
  CAST(0 AS DOUBLE) AS seconds,
  to_json(struct_pack(
    title := l.title, artist := l.artist, artist_id := coalesce(k.artist_id, ''), date := l.date,
    barcode := l.barcode, label := l.label, tracks := coalesce(t.tracks, []), claims := list_concat(coalesce(o.claims, []), c.claims)
  )) AS body
FROM canonical_releases l
JOIN claimed c ON c.release = l.id
LEFT JOIN credited k ON k.release = l.id
LEFT JOIN listed t ON t.release = l.id
LEFT JOIN said o ON o.id = l.id
ORDER BY l.id
