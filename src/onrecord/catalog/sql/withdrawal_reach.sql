-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What withdrawals reach: `target_blobs_alike`, the access copies of that, and pictures that lie in such files, or in
-- such as are withdrawn already (`withheld`: sha256), and in no other.
CREATE OR REPLACE TEMP TABLE withdrawal_reach AS
WITH gone AS (SELECT sha256 FROM withheld UNION SELECT sha256 FROM target_blobs_alike),
lonely AS (
  SELECT p.picture
  FROM current_pictures p LEFT JOIN gone g ON g.sha256 = p.sha256
  GROUP BY p.picture
  HAVING count(*) = count(g.sha256)
),
reached AS (
  SELECT asked, sha256 FROM target_blobs_alike
  UNION
  SELECT t.asked, c.copy FROM target_blobs_alike t JOIN copies c USING (sha256)
  UNION
  SELECT t.asked, p.picture
  FROM target_blobs_alike t JOIN current_pictures p USING (sha256) SEMI JOIN lonely USING (picture)
)
SELECT r.asked, r.sha256, coalesce(s.audio_sha256, '') AS audio
FROM reached r LEFT JOIN current_sounds s USING (sha256);
