-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What can be joined by what, of every track claim that ever came: `track_keys` over the files that `keys_of_segment` left.
CREATE OR REPLACE MACRO tagged(tag, artist, bits) AS (tag::UBIGINT << 56) + (artist::UBIGINT << 24) + bits;

CREATE OR REPLACE VIEW track_keys AS
SELECT
  * EXCLUDE (title, subtitle, long, list, seat) REPLACE (coalesce(sounding, (title >> 9) & 16383) AS sounding),
  tagged(0, artist, title & 8388607) AS name, tagged(0, first, title & 8388607) AS first_name,
  tagged(0, artist, subtitle) AS subtitle,
  if(long, tagged(1, artist, title & 511), NULL) AS beginning, if(long, tagged(1, artist, title >> 23), NULL) AS ending,
  tagged(2, artist, (list::UINTEGER << 12) + seat) AS place
FROM (
  SELECT
    (seq << 32) + file_row_number AS node, seq, file_row_number AS file_row, (who & 4294967295)::UINTEGER AS spelling,
    (who >> 32)::UINTEGER AS artist, first, foreign_title, other_title, long, title, subtitle, sounding, list, seat
  FROM {files}
);

-- Keys that the claims say themselves.
CREATE OR REPLACE MACRO code_key(isrc) AS if(isrc <> '', tagged(4, hint('isrc', isrc), 0), NULL);
CREATE OR REPLACE MACRO mbid_key(mbid) AS if(mbid <> '', tagged(5, hint('mbid', mbid), 0), NULL);
CREATE OR REPLACE MACRO blob_key(sha256) AS if(sha256 <> '', tagged(6, hint('blob', sha256), 0), NULL);

-- By number: names of all claims are not read again and again for the few of which sound was fetched.
CREATE OR REPLACE TABLE fetched_nodes AS
SELECT t.node, g.sha256 FROM numbered_tracks t JOIN fetched_tracks g ON g.source = t.source AND g.track = t.id;

CREATE OR REPLACE VIEW track_codes AS
SELECT t.node, code_key(t.isrc) AS code, mbid_key(t.mbid) AS mbid, blob_key(coalesce(nullif(t.blob, ''), g.sha256)) AS blob
FROM numbered_tracks t LEFT JOIN fetched_nodes g ON g.node = t.node;

CREATE OR REPLACE TABLE track_spellings AS
SELECT hint('spelling', artist) AS spelling, artist, folded, sounded(spoken) AS sound
FROM (
  SELECT artist, folded, voiced(artist, short) AS spoken
  FROM (
    SELECT *, comparable_artist(folded) AS short
    FROM (SELECT artist, fold(artist) AS folded FROM (SELECT DISTINCT artist FROM numbered_tracks))
  )
);
