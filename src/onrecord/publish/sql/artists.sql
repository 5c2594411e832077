-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT id, name, sort_name, mbid, license
FROM canonical_artists JOIN row_licenses USING (id)
ORDER BY id
