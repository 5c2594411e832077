-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT artist, source, source_id, reason, confidence FROM artist_members ORDER BY artist, source, source_id
