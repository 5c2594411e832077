-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Listens of everybody by month and artist, of the months that are asked for.
SELECT strftime(listened_at, '%Y-%m') AS month, artist_name, count(*) AS plays
FROM {dump}
WHERE artist_name IS NOT NULL AND list_contains($1::VARCHAR[], strftime(listened_at, '%Y-%m'))
GROUP BY ALL
ORDER BY ALL
