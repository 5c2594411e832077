-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT id, name, sort_name, mbid FROM canonical_artists ORDER BY id
