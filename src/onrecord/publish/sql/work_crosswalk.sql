-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT work, source, source_id, reason, confidence FROM work_members ORDER BY work, source, source_id
