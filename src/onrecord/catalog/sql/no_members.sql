-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What `members` would leave of a kind that nobody ever claimed anything of.
CREATE OR REPLACE TABLE {thing}_members AS
SELECT
  '' AS {thing}, source, id AS source_id, node, 0 AS rank, false AS founds, false AS joined, '' AS reason,
  CAST(1 AS DOUBLE) AS confidence
FROM {kind}_nodes LIMIT 0;
