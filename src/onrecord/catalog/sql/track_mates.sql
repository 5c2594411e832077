-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Claims (`node`, in `track_mates`) that share a key with one of `{wanted}`, these with them; in `same_mates` those that share
-- one which is not only of names that are alike.
CREATE OR REPLACE TABLE wanted_rows AS SELECT node >> 32 AS seq, node & 4294967295 AS file_row FROM {wanted};

CREATE OR REPLACE TABLE wanted_keys AS
SELECT DISTINCT key FROM (
  SELECT unnest([name, first_name, beginning, ending, place]) AS key
  FROM track_keys k SEMI JOIN wanted_rows w ON w.seq = k.seq AND w.file_row = k.file_row
  UNION ALL
  SELECT unnest([code, mbid, blob]) FROM track_codes c SEMI JOIN {wanted} w ON w.node = c.node
  UNION ALL
  SELECT key FROM track_sounding s SEMI JOIN {wanted} w ON w.node = s.node
)
WHERE key IS NOT NULL;

-- Files that sound alike are joined, whatever is said of them.
CREATE OR REPLACE TABLE alike_blobs AS
SELECT tagged(6, hint('blob', x), 0) AS key, tagged(6, hint('blob', y), 0) AS other
FROM (SELECT a AS x, b AS y FROM versions UNION ALL SELECT b, a FROM versions);
INSERT INTO wanted_keys SELECT DISTINCT other FROM alike_blobs SEMI JOIN wanted_keys USING (key);

-- By what is equal, and by what is alike.
CREATE OR REPLACE TABLE near_mates AS
SELECT node FROM track_keys
WHERE beginning IN (FROM wanted_keys) OR ending IN (FROM wanted_keys) OR place IN (FROM wanted_keys);

CREATE OR REPLACE TABLE same_mates AS
SELECT node FROM track_keys
WHERE name IN (FROM wanted_keys) OR first_name IN (FROM wanted_keys)
UNION
SELECT node FROM track_codes
WHERE code IN (FROM wanted_keys) OR mbid IN (FROM wanted_keys) OR blob IN (FROM wanted_keys)
UNION
SELECT node FROM track_sounding SEMI JOIN wanted_keys USING (key)
UNION
SELECT node FROM {wanted};

CREATE OR REPLACE TABLE track_mates AS FROM same_mates UNION FROM near_mates;
