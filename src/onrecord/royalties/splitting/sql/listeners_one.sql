-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- `listeners` of a month with one pool, whose number need not be hashed with every play.
CREATE OR REPLACE TABLE listeners AS
SELECT $pool AS pool, listener, CAST(sum(count) AS BIGINT) AS whole
FROM counted
GROUP BY listener
