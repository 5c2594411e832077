-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Track claims as the matcher compares them. A track whose sound was fetched from where its source says it is names
-- these bytes. `apart` is of claims that persons keep apart (`track_sided.sql`).
CREATE OR REPLACE TABLE fetched_tracks AS
SELECT source, track, arg_max(sha256, seq) AS sha256 FROM fetched GROUP BY source, track;

CREATE OR REPLACE VIEW track_nodes AS
SELECT
  t.* REPLACE (coalesce(nullif(t.blob, ''), g.sha256, '') AS blob),
  fold(t.title) AS folded_title, fold(t.artist) AS folded_artist, '' AS apart
FROM track_current t
LEFT JOIN fetched_tracks g ON g.source = t.source AND g.track = t.id;
