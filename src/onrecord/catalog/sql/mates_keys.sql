-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Before `track_mates` of `{wanted}`: brings to `keys_of_artists` what `track_keys` has of artists of these, of each once an update
-- (`near_artists`). Keys by names and places begin with an artist's hash, so that who shares one is among these.
CREATE OR REPLACE TABLE wanted_rows AS SELECT node >> 32 AS seq, node & 4294967295 AS file_row FROM {wanted};

CREATE OR REPLACE TABLE near_come AS
SELECT DISTINCT artist FROM (
  SELECT unnest([artist, first]) AS artist FROM track_keys SEMI JOIN wanted_rows USING (seq, file_row)
)
WHERE artist IS NOT NULL;
DELETE FROM near_come WHERE artist IN (FROM near_artists);

INSERT INTO keys_of_artists
SELECT * FROM track_keys
WHERE (artist IN (FROM near_come) OR coalesce(first IN (FROM near_come), false))
  AND NOT (artist IN (FROM near_artists) OR coalesce(first IN (FROM near_artists), false));
INSERT INTO near_artists FROM near_come;
