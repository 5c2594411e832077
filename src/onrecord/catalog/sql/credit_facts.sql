-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Of each blob in `credited`: copyright notices and pages that its tags name, and where it was fetched from.
WITH keyed AS (
  SELECT t.sha256, t.place, t.value, regexp_replace(lower(t.key), '^(txxx:|wxxx:|----:[^:]*:|wm/)', '') AS key
  FROM tags t
  SEMI JOIN credited USING (sha256)
)
SELECT sha256, 'notice' AS kind, value, '' AS source, place
FROM keyed
WHERE key IN ('copyright', 'tcop', 'cprt', 'riff:icop', 'aiff:(c)')
UNION ALL
SELECT sha256, 'page', value, '', place
FROM keyed
WHERE key IN ('woaf', 'woas', 'purl')
UNION ALL
SELECT f.sha256, 'fetched', arg_max(f.address, f.seq), arg_max(f.source, f.seq), 0
FROM fetched f
SEMI JOIN credited USING (sha256)
GROUP BY f.sha256
ORDER BY sha256, kind, place, value
