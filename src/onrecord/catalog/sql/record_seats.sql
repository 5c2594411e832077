-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where the newest record of a MusicBrainz entity lies: its kind, its MBID, its source, and the entry that took it in. What one
-- source let go another may still have; a document says more than a row of a table.
SELECT split_part(record, ':', 1) AS kind, split_part(record, ':', 2) AS mbid, source, seq
FROM (
  SELECT r.source, r.record, r.seq, r.deleted, r.media_type
  FROM records r JOIN free_sources f ON f.source = r.source
  WHERE split_part(r.record, ':', 1) IN ('artist', 'release', 'release-group', 'recording', 'work', 'label')
  QUALIFY row_number() OVER (PARTITION BY r.source, r.record ORDER BY r.seq DESC) = 1
)
WHERE NOT deleted
QUALIFY row_number() OVER (PARTITION BY record ORDER BY media_type = 'text/csv', seq DESC, source) = 1
