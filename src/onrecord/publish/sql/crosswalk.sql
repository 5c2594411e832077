-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT recording, source, source_id, blob, reason, confidence FROM recording_members ORDER BY recording, source, source_id
