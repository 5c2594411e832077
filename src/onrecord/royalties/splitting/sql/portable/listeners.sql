-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What each listener played in the month, zero included: who paid and played nothing is here too.
SELECT pool, listener, CAST(sum(count) AS BIGINT) AS whole
FROM counted
GROUP BY pool, listener
