-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The licenses of all claims that a row of the canonical view is made of, joined with AND; of what a file says that of
-- the file. Empty where a claim's source names none.
CREATE OR REPLACE TABLE row_licenses AS
WITH said AS (
  SELECT m.recording AS id, m.source, m.blob, n.part_license
  FROM recording_members m JOIN track_nodes n ON n.node = m.node
  UNION ALL
  SELECT m.release, m.source, if(m.source = 'file', substr(n.record, 6), ''), n.part_license
  FROM release_members m JOIN release_nodes n ON n.node = m.node
  UNION ALL
  SELECT m.artist, m.source, if(m.source = 'file', substr(n.record, 6), ''), n.part_license
  FROM artist_members m JOIN artist_nodes n ON n.node = m.node
  UNION ALL
  SELECT m.work, m.source, '', n.part_license FROM work_members m JOIN work_nodes n ON n.node = m.node
  UNION ALL
  SELECT m.label, m.source, '', n.part_license FROM label_members m JOIN label_nodes n ON n.node = m.node
),
terms AS (
  SELECT DISTINCT
    s.id,
    if(s.source = 'file', if(contains(p.license, ' OR '), '(' || p.license || ')', p.license), l.license) AS license
  FROM said s
  LEFT JOIN speakers l ON l.source = s.source
  LEFT JOIN published p ON s.source = 'file' AND p.sha256 = s.blob
  UNION
  -- What a person decided here is given to everyone.
  SELECT id, 'CC0-1.0' FROM overrides
  UNION
  SELECT id, unnest(string_split(part_license, ' AND ')) FROM said WHERE part_license <> ''
)
SELECT id, if(bool_or(coalesce(license, '') = ''), '', string_agg(license, ' AND ' ORDER BY license)) AS license
FROM terms
GROUP BY id;
