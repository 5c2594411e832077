-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT
  f.sha256, p.recording, p.volume, p.extension, f.size, f.blake3, f.v2_root, f.v2_layer, f.v1_pieces, f.v1_tail,
  s.analyser, s.version, s.container, s.codec, s.duration_samples, s.sample_rate, s.channels, s.bit_depth, s.bit_rate,
  s.loudness, s.loudness_range, s.momentary_max, s.short_term_max, s.peak, s.true_peak, s.clipped_samples, s.dc_offset,
  s.silent_start, s.silent_end, s.silent_samples, s.cutoff, s.tempo, s.tempo_confidence, s.tempo_method,
  s.musical_key, s.musical_key_confidence, s.musical_key_method, s.peaks, s.fingerprint, s.audio_sha256,
  s.suspicions, s.faults,
  p.license, p.attribution, p.title, p.author, p.holders, p.source, p.source_address, p.license_address, p.notice,
  p.changes, p.missing, p.train_ai, p.tdm, p.tdm_policy, p.search
FROM published p
JOIN files f ON f.sha256 = p.sha256
JOIN current_sounds s ON s.sha256 = p.sha256
ORDER BY f.sha256
