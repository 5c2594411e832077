-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- How often each listener is drawn in a bootstrap: Poisson with mean 1, by a digest of name, seed and number of the
-- draw.
CREATE OR REPLACE TABLE copies AS
SELECT listener, unnest(range(times)) AS copy
FROM (
    SELECT listener, (SELECT count(*) FROM steps s WHERE s.at <= drawn) AS times
    FROM (
        SELECT listener,
               md5_number_lower(
                   concat_ws('#', CAST(listener AS VARCHAR), CAST($seed AS VARCHAR), CAST($draw AS VARCHAR))
               ) AS drawn
        FROM (SELECT DISTINCT listener FROM input)
    )
)
