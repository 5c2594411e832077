-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the month adds to each payee's plays, and how many listeners it had in it. Each pair of the two counts once.
CREATE OR REPLACE TABLE heard AS
SELECT payee, sum(plays) AS plays, max(listeners) AS listeners
FROM (
    SELECT payee, plays, listeners FROM heard
    UNION ALL
    SELECT CAST(o.payee AS VARCHAR), o.plays, l.listeners
    FROM (SELECT payee, sum(count) AS plays FROM plays_of GROUP BY payee) o
    JOIN (
        SELECT payee, count(*) AS listeners
        FROM (SELECT DISTINCT payee, listener FROM plays WHERE plays > 0)
        GROUP BY payee
    ) l ON l.payee = o.payee
)
GROUP BY payee
