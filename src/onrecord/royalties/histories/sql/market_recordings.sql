-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Listens of everybody by month and recording, from the first to the last month that a rule looks at.
CREATE OR REPLACE TABLE market_recordings AS
SELECT strftime(listened_at, '%Y-%m') AS month, lower(artist_name) AS artist, lower(recording_name) AS title,
       count(*) AS plays
FROM {dump}
WHERE artist_name IS NOT NULL AND recording_name IS NOT NULL
  AND strftime(listened_at, '%Y-%m') BETWEEN $1 AND $2
GROUP BY ALL
