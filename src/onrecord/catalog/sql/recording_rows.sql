-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One row a recording: what lists show, and as JSON what its page shows (onrecord.catalog.pages.RecordingBody).
WITH sounded AS (
  SELECT
    b.recording,
    list(struct_pack(
      sha256 := f.sha256, blake3 := lower(hex(f.blake3)), v2_root := lower(hex(f.v2_root)), size := f.size,
      container := s.container, codec := s.codec, duration_samples := s.duration_samples,
      sample_rate := s.sample_rate, channels := s.channels, bit_depth := s.bit_depth, bit_rate := s.bit_rate,
      loudness := s.loudness, loudness_range := s.loudness_range, true_peak := s.true_peak,
      clipped_samples := s.clipped_samples, cutoff := s.cutoff, tempo := s.tempo,
      tempo_confidence := s.tempo_confidence, musical_key := s.musical_key,
      musical_key_confidence := s.musical_key_confidence,
      suspicions := s.suspicions::JSON, faults := s.faults::JSON,
      peaks := base64(s.peaks),
      names := coalesce(d.names, []),
      versions := coalesce(e.versions, []),
      copies := coalesce(k.copies, [])
    ) ORDER BY f.sha256) AS sounds,
    max(f.seq) AS newest,
    min(s.duration_samples / s.sample_rate) AS seconds
  FROM recording_blobs b
  JOIN files f ON f.sha256 = b.blob
  JOIN current_sounds s ON s.sha256 = b.blob
  LEFT JOIN (SELECT sha256, list_sort(list(DISTINCT name)) AS names FROM deposits GROUP BY sha256) d
    ON d.sha256 = b.blob
  LEFT JOIN (
    SELECT sha256, list(struct_pack(sha256 := other, relation := relation, reason := reason) ORDER BY other) AS versions
    FROM (
      SELECT a AS sha256, b AS other, relation, reason FROM versions
      UNION ALL
      SELECT b, a, relation, reason FROM versions
    )
    GROUP BY sha256
  ) e ON e.sha256 = b.blob
  LEFT JOIN (
    SELECT sha256, list(struct_pack(sha256 := copy, recipe := recipe, kilobits := kilobits) ORDER BY seq DESC, copy) AS copies
    FROM copies GROUP BY sha256
  ) k ON k.sha256 = b.blob
  GROUP BY b.recording
),
claimed AS (
  SELECT
    m.recording,
    list(struct_pack(
      source := n.source, source_id := n.id, reason := m.reason,
      title := n.title, artist := n.artist, release := n.release, disc := n.disc, position := n.position,
      duration_ms := n.duration_ms, isrc := n.isrc, mbid := n.mbid, date := n.date, genre := n.genre,
      composer := n.composer, blob := n.blob
    ) ORDER BY m.rank, n.source, n.id) AS claims
  FROM recording_members m JOIN track_nodes n ON n.node = m.node
  GROUP BY m.recording
),
-- What a person decided stands first, over what it overrides.
said AS (
  SELECT id, [struct_pack(
        source := 'a person', source_id := max_by(decision, seq), reason := 'override',
        title := coalesce(max(value) FILTER (WHERE field = 'title'), ''),
        artist := coalesce(max(value) FILTER (WHERE field = 'artist'), ''), release := '', disc := NULL::BIGINT,
        position := NULL::BIGINT, duration_ms := try_cast(max(value) FILTER (WHERE field = 'duration_ms') AS BIGINT),
        isrc := '', mbid := '', date := coalesce(max(value) FILTER (WHERE field = 'date'), ''),
        genre := coalesce(max(value) FILTER (WHERE field = 'genre'), ''),
        composer := coalesce(max(value) FILTER (WHERE field = 'composer'), ''), blob := ''
      )] AS claims
  FROM overrides WHERE kind = 'track' GROUP BY id
),
placed AS (
  SELECT t.recording, list(struct_pack(id := l.id, title := l.title) ORDER BY l.title, l.id) AS releases
  FROM canonical_tracks t JOIN canonical_releases l ON l.id = t.release
  GROUP BY t.recording
)
SELECT
  r.id, r.title, r.artist AS subtitle, s.recording IS NOT NULL AS has_sound, coalesce(s.newest, 0) AS newest,
  coalesce(CAST(s.seconds AS DOUBLE), 0) AS seconds,
  to_json(struct_pack(
    title := r.title, artist := r.artist, artist_id := r.artist_id, duration_ms := r.duration_ms, date := r.date,
    genre := r.genre, composer := r.composer, isrcs := r.isrcs, mbids := r.mbids,
    releases := coalesce(p.releases, []), sounds := coalesce(s.sounds, []), claims := list_concat(coalesce(o.claims, []), c.claims)
  )) AS body
FROM canonical_recordings r
JOIN claimed c ON c.recording = r.id
LEFT JOIN sounded s ON s.recording = r.id
LEFT JOIN placed p ON p.recording = r.id
LEFT JOIN said o ON o.id = r.id
ORDER BY r.id
