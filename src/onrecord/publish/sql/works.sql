-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT id, title, composer, lyricist, language, kind, iswcs, mbids, license
FROM canonical_works JOIN row_licenses USING (id)
ORDER BY id
