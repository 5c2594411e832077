-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Track claims as the matcher compares them. A track whose sound was fetched from where its source says it is names
-- these bytes.
CREATE OR REPLACE TABLE track_nodes AS
SELECT
  row_number() OVER () AS node, t.* REPLACE (coalesce(nullif(t.blob, ''), g.sha256, '') AS blob),
  fold(t.title) AS folded_title, fold(t.artist) AS folded_artist
FROM track_current t
LEFT JOIN (SELECT source, track, arg_max(sha256, seq) AS sha256 FROM fetched GROUP BY source, track) g
  ON g.source = t.source AND g.track = t.id;
DROP TABLE track_current;
