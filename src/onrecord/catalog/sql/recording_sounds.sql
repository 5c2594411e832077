-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One row a recording with files: what its page shows of them (onrecord.catalog.pages.SoundBody), which is the newest, and
-- how long the shortest is.
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
)
SELECT p.number, to_json(s.sounds)::VARCHAR AS sounds, s.newest, CAST(s.seconds AS DOUBLE) AS seconds
FROM sounded s JOIN page_numbers p ON p.id = s.recording
ORDER BY p.number
