-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Pools whose open payees may lie on either side of the line.
SELECT pool
FROM lines
WHERE open > 0 AND (low IS NULL OR high IS NULL OR low <= bottom OR high >= top)
