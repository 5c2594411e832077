-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Dates that are none, that lie before anybody recorded sound (Scott's phonautograms are of 1857 to 1860), or that are
-- still to come. A track whose release says the same is not named besides it.
SELECT source, code, claims, said
FROM (
  SELECT
    source, [id] AS claims, date AS said,
    try_cast(
      CASE
        WHEN regexp_full_match(date, '[0-9]{4}') THEN date || '-01-01'
        WHEN regexp_full_match(date, '[0-9]{4}-[0-9]{2}') THEN date || '-01'
        WHEN regexp_full_match(date, '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?') THEN left(date, 10)
      END AS DATE
    ) AS day,
    CASE
      WHEN day IS NULL THEN 'date-odd'
      WHEN year(day) < 1860 THEN 'date-early'
      WHEN day > (SELECT max(day) FROM today) THEN 'date-late'
    END AS code
  FROM (
    SELECT source, id, date FROM quality_releases
    UNION ALL
    SELECT t.source, t.id, t.date
    FROM quality_tracks t
    LEFT JOIN quality_releases l ON l.source = t.source AND l.id = t.release_id
    WHERE l.date IS DISTINCT FROM t.date
  )
  WHERE date <> ''
)
WHERE code IS NOT NULL
