-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT id, title, artist, artist_id, duration_ms, date, genre, composer, isrcs, mbids, license
FROM canonical_recordings JOIN row_licenses USING (id)
ORDER BY id
