-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The numbers by which rows of pages (`page_things`) name each other: those that `numbered` has from earlier, and behind
-- `{last}` those of what is new, as its claims came. And in these numbers: who made a recording (`page_artists`), and
-- which recording stands where on which release (`page_places`).
CREATE OR REPLACE TABLE page_numbers AS
SELECT t.rank, t.id, k.number FROM page_things t JOIN numbered k ON k.id = substr(t.id, 2)
UNION ALL
SELECT t.rank, t.id, {last} + row_number() OVER (ORDER BY t.rank, t.node, t.id)
FROM page_things t WHERE substr(t.id, 2) NOT IN (SELECT id FROM numbered);

CREATE OR REPLACE TABLE page_artists AS
SELECT p.number AS recording, a.number AS artist
FROM canonical_recordings r
JOIN page_numbers p ON p.id = r.id
JOIN page_numbers a ON a.id = r.artist_id;

CREATE OR REPLACE TABLE page_places AS
SELECT r.number AS recording, l.number AS release, t.disc, t.position
FROM canonical_tracks t
JOIN page_numbers r ON r.id = t.recording
JOIN page_numbers l ON l.id = t.release;

CREATE OR REPLACE TABLE page_sounds AS
SELECT DISTINCT p.number AS recording FROM recording_blobs b JOIN page_numbers p ON p.id = b.recording;
