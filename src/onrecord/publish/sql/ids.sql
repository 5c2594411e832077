-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Founding claims, so that a mirror calls everything by the names that the archive gave (`founders`: kind, id, source,
-- source_id).
SELECT kind, id, source, source_id
FROM founders
WHERE id IN (
  SELECT id FROM canonical_recordings UNION SELECT id FROM canonical_releases UNION SELECT id FROM canonical_artists
  UNION SELECT id FROM canonical_works UNION SELECT id FROM canonical_labels
)
ORDER BY kind, id
