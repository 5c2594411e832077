-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Ids that were merged away, each with the id of this edition that answers for it now (`leads`).
SELECT kind, old, new
FROM leads
WHERE new IN (
  SELECT id FROM canonical_recordings UNION SELECT id FROM canonical_releases UNION SELECT id FROM canonical_artists
  UNION SELECT id FROM canonical_works UNION SELECT id FROM canonical_labels
)
  AND old NOT IN (SELECT id FROM withdrawn_things)
ORDER BY kind, old, new
