-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Claims that share a key with one of `{wanted}`: in `near_mates` (`node`, `beginning`, `ending`, `place`) one of names that are
-- alike, in `same_mates` (`node`) another; `{wanted}` are among these. In `place_touched` those whose joins by their place
-- (`track_places.sql`) hang on one of them, in `place_mates` what these have to be compared with by it.
CREATE OR REPLACE TABLE wanted_rows AS SELECT node >> 32 AS seq, node & 4294967295 AS file_row FROM {wanted};

CREATE OR REPLACE TABLE wanted_keys AS
SELECT DISTINCT key FROM (
  SELECT unnest([name, first_name, subtitle, beginning, ending, place]) AS key
  FROM track_keys k SEMI JOIN wanted_rows w ON w.seq = k.seq AND w.file_row = k.file_row
  UNION ALL
  SELECT unnest([code_key(t.isrc), mbid_key(t.mbid), blob_key(coalesce(nullif(t.blob, ''), g.sha256))])
  FROM ({of_wanted}) t LEFT JOIN fetched_nodes g ON g.node = t.node
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
SELECT node, beginning, ending, place FROM track_keys
WHERE beginning IN (FROM wanted_keys) OR ending IN (FROM wanted_keys) OR place IN (FROM wanted_keys);

CREATE OR REPLACE TABLE same_mates AS
SELECT node FROM track_keys
WHERE name IN (FROM wanted_keys) OR first_name IN (FROM wanted_keys) OR subtitle IN (FROM wanted_keys)
UNION
SELECT node FROM track_codes
WHERE code IN (FROM wanted_keys) OR mbid IN (FROM wanted_keys) OR blob IN (FROM wanted_keys)
UNION
SELECT node FROM track_sounding SEMI JOIN wanted_keys USING (key)
UNION
SELECT node FROM {wanted};

-- By place, in two scripts: a join hangs on what both releases have of the artist, and on what stands at that place of the
-- artist's others. An artist is gone through once an update (`place_artists`): nothing of it hangs on what is wanted.
CREATE OR REPLACE TABLE place_come AS
SELECT DISTINCT artist FROM track_keys SEMI JOIN wanted_rows USING (seq, file_row);
DELETE FROM place_come WHERE artist IN (FROM place_artists);
INSERT INTO place_artists FROM place_come;

CREATE OR REPLACE TABLE place_more AS
WITH several AS (
  SELECT artist FROM track_keys
  WHERE artist IN (FROM place_come)
  GROUP BY artist HAVING bool_or(other_title) AND NOT bool_and(other_title)
)
SELECT
  k.node, k.artist, k.spelling, k.other_title AS other, coalesce(t.disc, 0) AS disc, t.position, t.duration_ms,
  if(t.release_id = '', NULL, hash(t.source, t.release_id)) AS list
FROM (SELECT node, artist, spelling, other_title FROM track_keys WHERE other_title IS NOT NULL AND artist IN (FROM several)) k
JOIN numbered_tracks t ON t.node = k.node
WHERE t.position IS NOT NULL;
INSERT INTO artist_places FROM place_more;

-- Which two may be joined by it, before or now (`place_possible`): `equal` is as much as both releases can have had in common
-- at any time, and what stands and did not change is as little as they had beside it. Two artists with one hash have
-- spellings with two.
CREATE OR REPLACE TABLE place_staying AS
SELECT *, duration_ms IS NOT NULL AND list IS NOT NULL AS listed FROM place_more
WHERE node NOT IN (SELECT node FROM track_changed_nodes) AND node NOT IN (SELECT node FROM track_ended);

CREATE OR REPLACE TABLE place_joins AS
WITH every AS MATERIALIZED (
  SELECT
    x.node AS a, y.node AS b, x.artist, x.disc, x.position, x.list, y.list AS other_list,
    x.duration_ms = y.duration_ms AND x.duration_ms % 1000 > 0 AS exact
  FROM (SELECT *, duration_ms // 1000 AS second FROM place_more WHERE other AND list IS NOT NULL) x
  JOIN (
    SELECT *, unnest([duration_ms // 1000 - 1, duration_ms // 1000, duration_ms // 1000 + 1]) AS second
    FROM place_more WHERE NOT other AND list IS NOT NULL
  ) y ON y.artist = x.artist AND y.disc = x.disc AND y.position = x.position AND y.second = x.second
  WHERE abs(x.duration_ms - y.duration_ms) <= 1000
),
equal AS (
  SELECT artist, list, other_list, count(DISTINCT (disc, position)) AS equal FROM every GROUP BY artist, list, other_list
),
lists AS MATERIALIZED (
  SELECT artist, list, max(others) AS others, max(latins) AS latins
  FROM (
    SELECT
      artist, list, count(DISTINCT (disc, position)) FILTER (WHERE other) AS others,
      count(DISTINCT (disc, position)) FILTER (WHERE NOT other) AS latins
    FROM place_staying
    WHERE listed AND list IN (SELECT list FROM every UNION SELECT other_list FROM every)
    GROUP BY artist, list, spelling
  )
  GROUP BY artist, list
)
SELECT p.*, e.equal
FROM every p
JOIN equal e ON e.artist = p.artist AND e.list = p.list AND e.other_list = p.other_list
LEFT JOIN lists x ON x.artist = p.artist AND x.list = p.list
LEFT JOIN lists y ON y.artist = p.artist AND y.list = p.other_list
WHERE e.equal * 5 >= least(coalesce(x.others, 0), coalesce(y.latins, 0)) * 4;

-- Where little is equal, few titles stand at the place. That they are more is told by some of them.
DELETE FROM place_joins
WHERE NOT exact AND equal < 3 AND (artist, disc, position) IN (
  SELECT (artist, disc, position)
  FROM (
    SELECT s.artist, s.disc, s.position, s.spelling, s.other, close_up(fold(t.title)) AS title
    FROM (
      SELECT * FROM place_staying
      SEMI JOIN (SELECT * FROM place_joins WHERE NOT exact AND equal < 3) USING (artist, disc, position)
      QUALIFY row_number() OVER (PARTITION BY artist, disc, position, spelling, other ORDER BY node) <= 8
    ) s
    JOIN numbered_tracks t ON t.node = s.node
  )
  GROUP BY artist, disc, position, spelling
  HAVING count(DISTINCT if(other, title, NULL)) * count(DISTINCT if(other, NULL, title)) > 2
);
INSERT INTO place_possible FROM place_joins;
DROP TABLE place_staying;
DROP TABLE place_joins;
DROP TABLE place_more;

-- What else stands at a place matters where little else is equal.
CREATE OR REPLACE TABLE place_touched AS
WITH seeds AS (SELECT * FROM artist_places SEMI JOIN {wanted} USING (node)),
hanging AS (
  SELECT a, b FROM place_possible SEMI JOIN seeds USING (artist, disc, position) WHERE NOT exact
  UNION
  SELECT a, b FROM place_possible SEMI JOIN seeds USING (artist, list)
  UNION
  SELECT a, b FROM (SELECT * EXCLUDE (list) RENAME (other_list AS list) FROM place_possible) SEMI JOIN seeds USING (artist, list)
)
SELECT a AS node FROM hanging UNION SELECT b FROM hanging;

CREATE OR REPLACE TABLE place_mates AS
WITH own AS (SELECT * FROM place_possible WHERE a IN (FROM {wanted}) OR b IN (FROM {wanted})),
lists AS (SELECT artist, list FROM own UNION SELECT artist, other_list FROM own)
SELECT node FROM artist_places SEMI JOIN lists USING (artist, list)
UNION
SELECT node FROM artist_places SEMI JOIN (SELECT * FROM own WHERE NOT exact) USING (artist, disc, position);
