-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT least(claims, 30) AS claims, count(*) AS recordings
FROM (SELECT recording, count(*) AS claims FROM crosswalk GROUP BY recording)
GROUP BY ALL ORDER BY claims
