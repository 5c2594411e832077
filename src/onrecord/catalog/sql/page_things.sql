-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- All that has a page, after `match`, with its first claim; the artists that a source names so and so, and
-- the releases of artists.
CREATE OR REPLACE TABLE page_things AS
SELECT 0 AS rank, artist AS id, min(node) AS node FROM artist_members GROUP BY artist
UNION ALL
SELECT 1, release, min(node) FROM release_members GROUP BY release
UNION ALL
SELECT 2, recording, min(node) FROM recording_members GROUP BY recording;

CREATE OR REPLACE VIEW release_makers AS
SELECT x.source, x.folded_name, m.artist FROM artist_nodes x JOIN artist_members m ON m.node = x.node;

CREATE OR REPLACE VIEW credited_releases AS FROM release_artists;
