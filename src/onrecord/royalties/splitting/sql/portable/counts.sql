-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Plays by payee.
SELECT pool, payee, sum(count) AS count
FROM counted
WHERE count > 0
GROUP BY pool, payee
