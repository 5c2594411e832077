-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Tombstones: that a recording is withdrawn, or what its id leads to, since when, by which rule, and nothing more.
SELECT recording, day, code FROM tombstones ORDER BY recording
