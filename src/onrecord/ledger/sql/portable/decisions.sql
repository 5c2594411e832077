-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The answer for each sound: that for what is said of it. `decided` has a row a profile; Spark sends it to every task
-- where it is small, and meets it sorted where it is not.
SELECT s.sha256, d.allow, d.review, d.codes, d.license, d.clause
FROM sounds s JOIN decided d ON s.profile = d.profile
ORDER BY s.sha256
