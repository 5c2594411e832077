-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT id, title, artist, date, barcode, label FROM canonical_releases ORDER BY id
