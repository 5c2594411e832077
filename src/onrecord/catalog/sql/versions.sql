-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What two files whose fingerprints agree are to each other, with the reason (docs/decisions/0009).
-- Lengths that differ by more than three seconds are two versions; a word in one title alone names a remaster.
CREATE OR REPLACE TABLE versions AS
WITH titled AS (
  SELECT n.a, n.b, n.error, x.audio_sha256 = y.audio_sha256 AS identical,
    x.duration_samples / x.sample_rate AS a_seconds, y.duration_samples / y.sample_rate AS b_seconds,
    regexp_matches(lower(t.title), 're-?master') <> regexp_matches(lower(u.title), 're-?master') AS remastered
  FROM near_pairs n
  JOIN current_sounds x ON x.sha256 = n.a
  JOIN current_sounds y ON y.sha256 = n.b
  LEFT JOIN track_nodes t ON t.source = 'file' AND t.id = n.a
  LEFT JOIN track_nodes u ON u.source = 'file' AND u.id = n.b
)
SELECT
  a, b, error,
  CASE
    WHEN identical THEN 'identical'
    WHEN abs(a_seconds - b_seconds) > 3 THEN 'edit'
    WHEN remastered THEN 'remaster'
    ELSE 'encoding'
  END AS relation,
  CASE
    WHEN identical THEN 'the decoded samples are equal'
    WHEN abs(a_seconds - b_seconds) > 3 THEN printf('%.1f s against %.1f s', a_seconds, b_seconds)
    WHEN remastered THEN 'one title alone says remaster'
    ELSE printf('bit error %.3f at equal length', error)
  END AS reason
FROM titled
ORDER BY a, b;
