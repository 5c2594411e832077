-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT license, count(*) AS files FROM files
GROUP BY license ORDER BY files DESC, license LIMIT 20
