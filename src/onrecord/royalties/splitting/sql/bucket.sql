-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- In which of 4096 equal parts of `whole` a remainder lies. Doubles round, but never out of order: of two remainders in
-- different buckets the one in the higher is larger. Bounds may reach beyond the whole.
CREATE OR REPLACE TEMP MACRO bucket(rest, whole) AS
CAST(least(floor(CAST(rest AS DOUBLE) * 4096 / CAST(whole AS DOUBLE)), 8192) AS SMALLINT)
