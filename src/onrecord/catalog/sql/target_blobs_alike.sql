-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Whatever sounds the same as `target_blobs`, step by step; and other bytes of the same decoded audio, however short.
CREATE OR REPLACE TEMP TABLE target_blobs_alike AS
WITH RECURSIVE pairs AS (
  SELECT a, b FROM held_versions UNION SELECT b, a FROM held_versions
  UNION
  SELECT x.sha256, y.sha256
  FROM current_sounds x JOIN current_sounds y ON x.audio_sha256 = y.audio_sha256 AND x.sha256 <> y.sha256
  WHERE x.audio_sha256 <> ''
),
reached AS (
  SELECT asked, sha256 FROM target_blobs
  UNION
  SELECT r.asked, p.b FROM reached r JOIN pairs p ON p.a = r.sha256
)
SELECT DISTINCT asked, sha256 FROM reached;
