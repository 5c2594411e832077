-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What is said of any sound, once: the gate is asked about each of these.
SELECT DISTINCT profile FROM sounds ORDER BY profile
