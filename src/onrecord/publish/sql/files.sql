-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT
  f.sha256, p.recording, p.volume, p.extension, f.size, f.blake3, f.v2_root, f.v2_layer, f.v1_pieces, f.v1_tail,
  s.analyser, s.version, s.container, s.codec, s.duration_samples, s.sample_rate, s.channels, s.bit_depth, s.bit_rate,
  s.loudness, s.peak, s.peaks, s.fingerprint, s.keys, s.audio_sha256, s.faults,
  p.license, p.attribution
FROM published p
JOIN files f ON f.sha256 = p.sha256
JOIN sounds s ON s.sha256 = p.sha256
ORDER BY f.sha256
