-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the month adds to each payee's plays, and how many listeners it had in it.
CREATE OR REPLACE TABLE heard AS
SELECT payee, sum(plays) AS plays, max(listeners) AS listeners
FROM (
    SELECT payee, plays, listeners FROM heard
    UNION ALL
    SELECT CAST(payee AS VARCHAR), sum(plays), count(*)
    FROM (
        SELECT payee, listener, sum(CAST(plays AS HUGEINT)) AS plays FROM plays WHERE plays > 0 GROUP BY payee, listener
    )
    GROUP BY payee
)
GROUP BY payee
