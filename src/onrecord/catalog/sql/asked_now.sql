-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a question may ask of the archive as it is (archive/querying.py), before it is hidden what withdrawals hide: the
-- tables of the dataset, as far as they need no decision of a day, and claims that no edition has.
CREATE VIEW now_recordings AS
SELECT id, title, artist, artist_id, duration_ms, date, genre, composer, isrcs, mbids FROM canonical_recordings;

CREATE VIEW now_releases AS SELECT id, title, artist, date, barcode, label FROM canonical_releases;

CREATE VIEW now_artists AS SELECT id, name, sort_name, mbid FROM canonical_artists;

CREATE VIEW now_works AS
SELECT id, title, composer, lyricist, language, kind, iswcs, mbids FROM canonical_works;

CREATE VIEW now_labels AS SELECT id, name, sort_name, code, country, kind, isni, mbid, parent FROM canonical_labels;

CREATE VIEW now_release_tracks AS SELECT release, recording, disc, position FROM canonical_tracks;

CREATE VIEW now_crosswalk AS SELECT recording, source, source_id, blob, reason, confidence FROM recording_members;

CREATE VIEW now_release_crosswalk AS SELECT release, source, source_id, reason, confidence FROM release_members;

CREATE VIEW now_artist_crosswalk AS SELECT artist, source, source_id, reason, confidence FROM artist_members;

CREATE VIEW now_work_crosswalk AS SELECT work, source, source_id, reason, confidence FROM work_members;

CREATE VIEW now_label_crosswalk AS SELECT label, source, source_id, reason, confidence FROM label_members;

CREATE VIEW now_track_claims AS
SELECT t.source, t.record, t.id, t.title, t.artist, t.artist_id, t.release, t.release_id, t.disc, t.position,
  t.duration_ms, t.isrc, t.mbid, t.date, t.genre, t.composer, m.blob, coalesce(s.license, '') AS license
FROM tracks t
JOIN recording_members m ON m.source = t.source AND m.source_id = t.id
LEFT JOIN asked_sources s ON s.source = t.source
WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.source = t.source AND r.record = t.record AND r.seq > t.seq)
QUALIFY row_number() OVER (PARTITION BY t.source, t.id ORDER BY t.seq DESC, t.record, t::VARCHAR) = 1;

CREATE VIEW now_release_claims AS
SELECT t.source, t.record, t.id, t.title, t.artist, t.mbid, t.barcode, t.label, t.date, t.country, t.kind, t.tracks,
  coalesce(s.license, '') AS license
FROM releases t LEFT JOIN asked_sources s ON s.source = t.source
WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.source = t.source AND r.record = t.record AND r.seq > t.seq)
QUALIFY row_number() OVER (PARTITION BY t.source, t.id ORDER BY t.record <> 'release:' || t.id, t.seq DESC, t.record, t::VARCHAR) = 1;

CREATE VIEW now_artist_claims AS
SELECT t.source, t.record, t.id, t.name, t.sort_name, t.mbid, t.isni, t.country, coalesce(s.license, '') AS license
FROM artists t LEFT JOIN asked_sources s ON s.source = t.source
WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.source = t.source AND r.record = t.record AND r.seq > t.seq)
QUALIFY row_number() OVER (PARTITION BY t.source, t.id ORDER BY t.record <> 'artist:' || t.id, t.seq DESC, t.record, t::VARCHAR) = 1;

CREATE VIEW now_work_claims AS
SELECT t.source, t.record, t.id, t.title, t.mbid, t.iswc, t.composer, t.lyricist, t.language, t.kind,
  coalesce(s.license, '') AS license
FROM works t LEFT JOIN asked_sources s ON s.source = t.source
WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.source = t.source AND r.record = t.record AND r.seq > t.seq)
QUALIFY row_number() OVER (PARTITION BY t.source, t.id ORDER BY t.record <> 'work:' || t.id, t.seq DESC, t.record, t::VARCHAR) = 1;

CREATE VIEW now_label_claims AS
SELECT t.source, t.record, t.id, t.name, t.sort_name, t.mbid, t.isni, t.code, t.country, t.kind, t.parent,
  coalesce(s.license, '') AS license
FROM labels t LEFT JOIN asked_sources s ON s.source = t.source
WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.source = t.source AND r.record = t.record AND r.seq > t.seq)
QUALIFY row_number() OVER (PARTITION BY t.source, t.id ORDER BY t.record <> 'label:' || t.id, t.seq DESC, t.record, t::VARCHAR) = 1;

CREATE VIEW now_ids AS
SELECT 'track' AS kind, recording AS id, source, source_id FROM recording_members WHERE founds
UNION ALL
SELECT 'release', release, source, source_id FROM release_members WHERE founds
UNION ALL
SELECT 'artist', artist, source, source_id FROM artist_members WHERE founds
UNION ALL
SELECT 'work', work, source, source_id FROM work_members WHERE founds
UNION ALL
SELECT 'label', label, source, source_id FROM label_members WHERE founds;

CREATE VIEW now_redirects AS
SELECT kind, old, arg_max(new, seq) AS new FROM redirects GROUP BY kind, old HAVING arg_max(new, seq) <> old;

CREATE VIEW now_splits AS SELECT DISTINCT kind, old, new FROM splits;

CREATE VIEW now_files AS
SELECT f.sha256, b.recording, f.size, s.container, s.codec, s.duration_samples, s.sample_rate, s.channels, s.bit_depth,
  s.bit_rate, s.loudness, s.loudness_range, s.true_peak, s.tempo, s.tempo_confidence, s.musical_key,
  s.musical_key_confidence, s.audio_sha256
FROM files f
JOIN current_sounds s ON s.sha256 = f.sha256
LEFT JOIN (SELECT blob, min(recording) AS recording FROM recording_members WHERE source = 'file' GROUP BY blob) b
  ON b.blob = f.sha256;

CREATE VIEW now_sources AS SELECT source, license, redistribute FROM asked_sources;

CREATE VIEW now_overrides AS SELECT kind, id, field, value FROM overrides;

CREATE VIEW now_withdrawn AS
SELECT recording, day, 'R-WITHDRAWN' AS code FROM hidden_days
WHERE recording IN (SELECT recording FROM recording_members);

CREATE VIEW now_identifiers AS
WITH given AS (
  SELECT 'track' AS kind, m.recording AS id, c.source, c.id AS source_id, c.license, m.reason, m.confidence,
    unnest([('isrc', c.isrc), ('mbid', c.mbid)]) AS code
  FROM now_track_claims c JOIN recording_members m ON m.source = c.source AND m.source_id = c.id
  UNION ALL
  SELECT 'release', m.release, c.source, c.id, c.license, m.reason, m.confidence,
    unnest([('barcode', c.barcode), ('mbid', c.mbid), ('discogs', if(c.source = 'discogs', 'r' || c.id, ''))])
  FROM now_release_claims c JOIN release_members m ON m.source = c.source AND m.source_id = c.id
  UNION ALL
  SELECT 'artist', m.artist, c.source, c.id, c.license, m.reason, m.confidence,
    unnest([('isni', c.isni), ('mbid', c.mbid), ('discogs', if(c.source = 'discogs', 'a' || c.id, ''))])
  FROM now_artist_claims c JOIN artist_members m ON m.source = c.source AND m.source_id = c.id
  UNION ALL
  SELECT 'work', m.work, c.source, c.id, c.license, m.reason, m.confidence, unnest([('iswc', c.iswc), ('mbid', c.mbid)])
  FROM now_work_claims c JOIN work_members m ON m.source = c.source AND m.source_id = c.id
  UNION ALL
  SELECT 'label', m.label, c.source, c.id, c.license, m.reason, m.confidence,
    unnest([('code', c.code), ('isni', c.isni), ('mbid', c.mbid), ('discogs', if(c.source = 'discogs', 'l' || c.id, ''))])
  FROM now_label_claims c JOIN label_members m ON m.source = c.source AND m.source_id = c.id
)
SELECT kind, id, code[1] AS scheme, code[2] AS value, source, source_id, reason, confidence, license
FROM given WHERE code[2] <> '';
