-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT label, source, source_id, reason, confidence FROM label_members ORDER BY label, source, source_id
