-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT id, title, artist, date, barcode, label, license
FROM canonical_releases JOIN row_licenses USING (id)
ORDER BY id
