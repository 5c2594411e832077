-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Claims that stand on a side, under keys that no claim on another side has: what joins them, joins them within the side.
CREATE OR REPLACE TABLE sided_nodes AS
SELECT n.* REPLACE (
  if(n.mbid = '', '', n.mbid || s.side) AS mbid,
  if(n.iswc = '', '', n.iswc || s.side) AS iswc,
  if(n.folded_title = '', '', n.folded_title || s.side) AS folded_title
)
FROM ranked_nodes n JOIN ranked_sides s ON s.node = n.node;
