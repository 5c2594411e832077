-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT release, source, source_id, reason, confidence FROM release_members ORDER BY release, source, source_id
