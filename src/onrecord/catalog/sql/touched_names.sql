-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Behind `touched_links` and `named_facts`: `touched_names` (kind, thing), works, labels and release groups of which something
-- else may be told now, or nothing any more.
CREATE OR REPLACE TABLE touched_names AS
WITH labelled AS (
  FROM turned_labels
  UNION
  SELECT fold(label) FROM canonical_releases_fresh SEMI JOIN canonical_releases_other USING (id)
  UNION
  SELECT fold(label) FROM canonical_releases_was SEMI JOIN canonical_releases_other USING (id)
),
named AS (
  SELECT kind, mbid FROM renewed_mentions WHERE kind <> 'artist'
  UNION
  FROM turned_mbids WHERE kind <> 'artist'
  UNION
  SELECT kind, mbid FROM renewed CROSS JOIN (VALUES ('label'), ('work'), ('release-group')) k(kind)
  UNION
  SELECT 'label', mbid FROM mentions WHERE kind = 'label' AND fold(name) IN (FROM labelled)
  UNION
  SELECT 'release-group', c.mbid FROM mentions c
  WHERE c.kind = 'release-group' AND starts_with(c.record, 'release:') AND split_part(c.record, ':', 2) IN (
    SELECT mbid FROM touched_claims
    UNION
    SELECT i.mbid FROM release_ids i JOIN release_artists a ON a.release = i.thing
    SEMI JOIN (
      SELECT m.artist FROM artist_every m
      SEMI JOIN (FROM artist_changed UNION FROM artist_moved) c ON c.source = m.source AND c.id = m.source_id
    ) t ON t.artist = a.artist
  )
)
SELECT kind, mbid AS thing FROM named
UNION
SELECT 'label', t.thing FROM named n JOIN label_things t ON t.mbid = n.mbid WHERE n.kind = 'label'
UNION
SELECT 'work', t.thing FROM named n JOIN work_things t ON t.mbid = n.mbid WHERE n.kind = 'work'
UNION
SELECT 'label', 'label/' || folded FROM labelled
UNION
SELECT 'label', thing FROM label_names SEMI JOIN labelled USING (folded)
UNION
SELECT 'label', id FROM label_members_other
UNION
SELECT 'label', id FROM canonical_labels_other
UNION
SELECT 'label', m.label FROM label_every m SEMI JOIN label_changed c ON c.source = m.source AND c.id = m.source_id
UNION
SELECT 'work', id FROM work_members_other
UNION
SELECT 'work', id FROM canonical_works_other
UNION
SELECT 'work', m.work FROM work_every m SEMI JOIN work_changed c ON c.source = m.source AND c.id = m.source_id;

CREATE OR REPLACE TABLE touched_works AS SELECT thing AS id FROM touched_names WHERE kind = 'work';
