-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Founding claims, of those that leave: what a claim that stays here is called by its source stays here with it.
SELECT kind, id, source, source_id
FROM (
  SELECT 'track' AS kind, recording AS id, source, source_id FROM recording_members WHERE founds
  UNION ALL SELECT 'release', release, source, source_id FROM release_members WHERE founds
  UNION ALL SELECT 'artist', artist, source, source_id FROM artist_members WHERE founds
  UNION ALL SELECT 'work', work, source, source_id FROM work_members WHERE founds
  UNION ALL SELECT 'label', label, source, source_id FROM label_members WHERE founds
)
ORDER BY kind, id
