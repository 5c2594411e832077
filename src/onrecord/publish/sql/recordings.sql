-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT id, title, artist, artist_id, duration_ms, date, genre, composer, isrcs, mbids
FROM canonical_recordings
ORDER BY id
