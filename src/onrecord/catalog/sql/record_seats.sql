-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where the newest record of a MusicBrainz entity lies: its kind, its MBID, its source, and the entry that took it in.
SELECT split_part(record, ':', 1) AS kind, split_part(record, ':', 2) AS mbid, source, seq
FROM (
  SELECT r.source, r.record, r.seq, r.deleted
  FROM records r JOIN free_sources f ON f.source = r.source
  WHERE split_part(r.record, ':', 1) IN ('artist', 'release', 'release-group', 'recording', 'work', 'label')
  QUALIFY row_number() OVER (PARTITION BY r.record ORDER BY r.seq DESC, r.source) = 1
)
WHERE NOT deleted
