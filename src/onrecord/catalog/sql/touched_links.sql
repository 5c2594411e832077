-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Behind `touched_pages`: `touched_links` (kind, id), things of which one at least is an end of each link that is there now and was
-- not, or the other way round. What records mention is taken of all that ever came.

-- Mentions of records that came again.
CREATE OR REPLACE TABLE renewed_mentions AS
SELECT DISTINCT kind, mbid, name FROM mentions SEMI JOIN fresh_records USING (source, record);

-- MBIDs of claims on artists, labels and works that came, went, say something else or are of another thing.
CREATE OR REPLACE TABLE turned_mbids AS
SELECT 'artist' AS kind, mbid FROM numbered_artists
SEMI JOIN (FROM artist_changed UNION FROM artist_moved) USING (source, id) WHERE mbid <> ''
UNION
SELECT 'label', mbid FROM numbered_labels
SEMI JOIN (FROM label_changed UNION FROM label_moved) USING (source, id) WHERE mbid <> ''
UNION
SELECT 'work', mbid FROM numbered_works
SEMI JOIN (
  FROM work_changed
  UNION
  SELECT source, source_id AS id FROM work_fresh WHERE work IN (SELECT id FROM work_members_other)
  UNION
  SELECT source, source_id FROM work_before WHERE work IN (SELECT id FROM work_members_other)
) USING (source, id) WHERE mbid <> '';

-- Records that name these.
CREATE OR REPLACE TABLE turned_mentions AS
SELECT DISTINCT split_part(record, ':', 1) AS of_kind, split_part(record, ':', 2) AS of, kind
FROM mentions SEMI JOIN turned_mbids USING (kind, mbid);

CREATE OR REPLACE TABLE mentioning_releases AS
SELECT n.source, n.id FROM numbered_releases n SEMI JOIN turned_mentions t ON t.of_kind = 'release' AND t.of = n.mbid;

CREATE OR REPLACE TABLE touched_claims AS
SELECT r.source, r.id, r.mbid FROM numbered_releases r
SEMI JOIN (
  SELECT source, source_id FROM release_before SEMI JOIN touched_releases t ON t.id = release
  UNION
  SELECT source, source_id FROM release_of('touched_releases')
) m ON m.source = r.source AND m.source_id = r.id
WHERE r.mbid <> '';

-- Names of labels that may be of another label now than before.
CREATE OR REPLACE TABLE turned_labels AS
SELECT DISTINCT fold(name) AS folded FROM (
  SELECT name FROM canonical_labels_fresh SEMI JOIN label_seen USING (id)
  UNION
  SELECT name FROM canonical_labels_was
  UNION
  SELECT name FROM renewed_mentions WHERE kind = 'label'
  UNION
  SELECT m.name FROM mentions m SEMI JOIN turned_mbids USING (kind, mbid) WHERE m.kind = 'label'
);

CREATE OR REPLACE TABLE touched_links AS
WITH labelled AS MATERIALIZED (
  SELECT id, label FROM canonical_releases WHERE label <> '' AND EXISTS (FROM turned_labels)
)
SELECT 'release' AS kind, id FROM touched_pages WHERE rank = 1
UNION
SELECT 'recording', t.id FROM touched_pages t
WHERE t.rank = 2 AND t.id IN (
  SELECT id FROM canonical_recordings_was WHERE len(mbids) > 0
  UNION ALL
  SELECT id FROM canonical_recordings_of('touched_recordings') WHERE len(mbids) > 0
)
UNION
SELECT 'release', release FROM release_said('mentioning_releases')
UNION
SELECT 'release', r.id FROM labelled r SEMI JOIN (
  SELECT label FROM (SELECT DISTINCT label FROM labelled) WHERE fold(label) IN (FROM turned_labels)
) t ON t.label = r.label
UNION
SELECT 'release-group', of FROM turned_mentions WHERE of_kind = 'release-group'
UNION
SELECT 'release-group', mbid FROM renewed WHERE mbid IN (SELECT mbid FROM mentions WHERE kind = 'release-group');

-- Releases of which `named_facts` have to be told: these, and those of which records say something.
CREATE OR REPLACE TABLE asked_releases AS
WITH mentioned AS (
  SELECT source, id FROM numbered_releases WHERE mbid IN (SELECT of FROM current_mentions WHERE of_kind = 'release')
)
SELECT id FROM touched_links WHERE kind = 'release' UNION SELECT release FROM release_said('mentioned');

CREATE OR REPLACE TABLE told_members_of_few AS
SELECT m.*, n.node, n.artist FROM release_of('asked_releases') m
JOIN release_current n ON n.source = m.source AND n.id = m.source_id;

-- Whom these name: artists by source and folded name.
CREATE OR REPLACE TABLE told_makers_of_few AS
WITH wanted AS MATERIALIZED (
  SELECT DISTINCT n.source, f.name FROM told_members_of_few n JOIN folded_names f ON f.said = n.artist WHERE n.artist <> ''
),
makers AS MATERIALIZED (
  SELECT x.source, x.id, w.name FROM artist_current x
  JOIN folded_names f ON f.said = x.name
  JOIN wanted w ON w.source = x.source AND w.name = f.name
)
SELECT x.source, x.name AS folded_name, m.artist
FROM makers x JOIN artist_said('makers') m ON m.source = x.source AND m.source_id = x.id;
