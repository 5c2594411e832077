-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- In the numbers of `page_numbers`: who made a recording, which recording stands where on which release, and which sound.
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
