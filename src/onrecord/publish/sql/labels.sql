-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT id, name, sort_name, code, country, kind, isni, mbid, parent, license
FROM canonical_labels JOIN row_licenses USING (id)
ORDER BY id
