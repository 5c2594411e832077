-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Claims that stand on a side, under keys that no claim on another side has: what joins them, joins them within the side.
CREATE OR REPLACE TABLE sided_nodes AS
SELECT n.* REPLACE (
  if(n.mbid = '', '', n.mbid || s.side) AS mbid,
  if(n.isrc = '', '', n.isrc || s.side) AS isrc,
  if(n.folded_artist = '', '', s.side || ' ' || n.artist) AS artist,
  s.side AS apart,
  if(n.blob = '', '', n.blob || s.side) AS blob
)
FROM ranked_nodes n JOIN ranked_sides s ON s.node = n.node;
