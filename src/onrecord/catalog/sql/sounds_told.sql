-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What is told of the files of recordings, a row for each thing that is told: the file as its measurement and its digest
-- record have it, each name that it was deposited under, each other version of its sound, each access copy.
WITH held AS (
  SELECT p.number, b.blob AS sha256 FROM recording_blobs b JOIN page_numbers p ON p.id = b.recording
)
SELECT
  h.number, h.sha256, f.seq,
  s.duration_samples / s.sample_rate AS seconds,
  struct_pack(
    sha256 := f.sha256, blake3 := lower(hex(f.blake3)), v2_root := lower(hex(f.v2_root)), size := f.size,
    container := s.container, codec := s.codec, duration_samples := s.duration_samples,
    sample_rate := s.sample_rate, channels := s.channels, bit_depth := s.bit_depth, bit_rate := s.bit_rate,
    loudness := s.loudness, loudness_range := s.loudness_range, true_peak := s.true_peak,
    clipped_samples := s.clipped_samples, cutoff := s.cutoff, tempo := s.tempo,
    tempo_confidence := s.tempo_confidence, musical_key := s.musical_key,
    musical_key_confidence := s.musical_key_confidence,
    suspicions := s.suspicions, faults := s.faults, peaks := s.peaks
  ) AS file,
  NULL::VARCHAR AS name,
  NULL::STRUCT(sha256 VARCHAR, relation VARCHAR, reason VARCHAR) AS version,
  NULL::STRUCT(seq BIGINT, sha256 VARCHAR, recipe VARCHAR, kilobits INTEGER) AS copy
FROM held h
JOIN files f ON f.sha256 = h.sha256
JOIN current_sounds s ON s.sha256 = h.sha256
UNION ALL BY NAME
SELECT h.number, h.sha256, d.name FROM held h JOIN deposits d ON d.sha256 = h.sha256
UNION ALL BY NAME
SELECT h.number, h.sha256, struct_pack(sha256 := v.other, relation := v.relation, reason := v.reason) AS version
FROM held h
JOIN (
  SELECT a AS sha256, b AS other, relation, reason FROM versions
  UNION ALL
  SELECT b, a, relation, reason FROM versions
) v ON v.sha256 = h.sha256
UNION ALL BY NAME
SELECT h.number, h.sha256,
  struct_pack(seq := c.seq, sha256 := c.copy, recipe := c.recipe, kilobits := c.kilobits) AS copy
FROM held h JOIN copies c ON c.sha256 = h.sha256
