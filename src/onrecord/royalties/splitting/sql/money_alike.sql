-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Each pool's listeners and fees, where all paid `$fee`.
SELECT pool,
       count(*) AS listeners,
       count(*) FILTER (whole > 0) AS active,
       sum(CAST(whole AS HUGEINT)) AS plays,
       max(whole) AS most,
       count(*) * CAST($fee AS HUGEINT) AS paid,
       count(*) FILTER (whole > 0) * CAST($fee AS HUGEINT) AS paid_by_active,
       $fee AS highest
FROM listeners
GROUP BY pool
ORDER BY pool
