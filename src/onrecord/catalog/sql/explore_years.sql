-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT left(date, 4) AS year, count(*) AS recordings
FROM recordings WHERE regexp_matches(date, '^(18|19|20)[0-9]{2}')
GROUP BY year ORDER BY year
