-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a withdrawal hides, as sources call it (`hidden_claims`).
-- Records that stay here whole (`silent_records`: source, record): one of those is claimed in them, or they
-- name the bytes of a file that does not leave. And the words by which another record may name what is withdrawn
-- (`silent_words`): identifiers and digests; a short number may mean anything.
CREATE OR REPLACE TEMP TABLE hidden_claims AS
SELECT DISTINCT t.source, t.record, t.id, t.mbid, t.isrc AS code
FROM tracks t
JOIN held_recording_members m ON m.source = t.source AND m.source_id = t.id
JOIN withdrawn_things w ON w.kind = 'recording' AND w.id = m.recording
UNION
SELECT r.source, r.record, r.id, r.mbid, ''
FROM releases r
JOIN held_release_members m ON m.source = r.source AND m.source_id = r.id
JOIN withdrawn_things w ON w.kind = 'release' AND w.id = m.release
UNION
SELECT a.source, a.record, a.id, a.mbid, ''
FROM artists a
JOIN held_artist_members m ON m.source = a.source AND m.source_id = a.id
JOIN withdrawn_things w ON w.kind = 'artist' AND w.id = m.artist
UNION
SELECT c.source, c.record, c.id, c.mbid, c.iswc
FROM works c
JOIN held_work_members m ON m.source = c.source AND m.source_id = c.id
JOIN withdrawn_things w ON w.kind = 'work' AND w.id = m.work
UNION
SELECT c.source, c.record, c.id, c.mbid, ''
FROM labels c
JOIN held_label_members m ON m.source = c.source AND m.source_id = c.id
JOIN withdrawn_things w ON w.kind = 'label' AND w.id = m.label;

CREATE OR REPLACE TEMP TABLE silent_records AS
SELECT source, record FROM hidden_claims
UNION
SELECT source, record FROM tracks WHERE blob <> '' AND blob NOT IN (SELECT blob FROM leaving);

CREATE OR REPLACE TEMP TABLE silent_words AS
SELECT DISTINCT lower(word) AS word
FROM (
  SELECT unnest([id, mbid, code]) AS word FROM hidden_claims
  UNION ALL SELECT sha256 FROM withheld
)
WHERE length(word) >= 12;
