-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Each pool's listeners and fees; `$fee` is what every listener paid who has no fee of his own in `own_fees`.
SELECT pool,
       count(*) AS listeners,
       count(*) FILTER (l.whole > 0) AS active,
       sum(CAST(l.whole AS HUGEINT)) AS plays,
       max(l.whole) AS most,
       sum(CAST(coalesce(f.fee, $fee) AS HUGEINT)) AS paid,
       coalesce(sum(CAST(coalesce(f.fee, $fee) AS HUGEINT)) FILTER (l.whole > 0), 0) AS paid_by_active,
       max(coalesce(f.fee, $fee)) AS highest
FROM listeners l
LEFT JOIN own_fees f ON f.listener = CAST(l.listener AS VARCHAR)
GROUP BY pool
ORDER BY pool
