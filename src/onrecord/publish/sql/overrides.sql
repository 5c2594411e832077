-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Fields of the canonical view whose value a person of the archive decided.
SELECT kind, id, field, value FROM overrides ORDER BY kind, id, field
