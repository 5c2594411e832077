-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Listens of everybody by month, listener and artist, of the months that are asked for.
CREATE OR REPLACE TABLE market_pairs AS
SELECT strftime(listened_at, '%Y-%m') AS month, user_id AS listener, lower(artist_name) AS artist, count(*) AS plays
FROM {dump}
WHERE artist_name IS NOT NULL AND list_contains($1::VARCHAR[], strftime(listened_at, '%Y-%m'))
GROUP BY ALL
