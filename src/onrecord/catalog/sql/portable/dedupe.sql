-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One claim an ISRC: of those that tell a length the first by its source; with how many claims give the code. A code alone
-- is no proof that they are one recording: `crosswalk` says which are.
SELECT isrc, source, id, title, artist, duration_ms, claims
FROM (
  SELECT isrc, source, id, title, artist, duration_ms, count(*) OVER (PARTITION BY isrc) AS claims
  FROM track_claims
  WHERE isrc <> ''
  QUALIFY row_number() OVER (PARTITION BY isrc ORDER BY duration_ms IS NULL, source, id) = 1
)
ORDER BY isrc
