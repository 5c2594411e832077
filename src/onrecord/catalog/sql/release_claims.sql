-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One row a claim on a release, as `recording_claims` has those on recordings.
WITH credited AS (
  SELECT m.release, min(x.artist) AS artist
  FROM release_members m
  JOIN page_numbers p ON p.id = m.release AND p.number BETWEEN {first} AND {last}
  JOIN release_nodes n ON n.node = m.node
  JOIN release_makers x ON x.source = n.source AND x.folded_name = fold(n.artist)
  GROUP BY m.release
)
SELECT
  p.number, m.release AS id, m.founds, coalesce(a.number, 0) AS artist, false AS listened,
  n.source, n.id AS source_id, '' AS reason,
  n.title, n.artist, n.date, n.barcode, n.label, n.country, n.kind, n.mbid,
  if(r.title <> n.title, r.title, NULL), if(r.artist <> n.artist, r.artist, NULL),
  if(r.date <> n.date, r.date, NULL), if(r.barcode <> n.barcode, r.barcode, NULL),
  if(r.label <> n.label, r.label, NULL)
FROM release_members m
JOIN release_nodes n ON n.node = m.node
JOIN canonical_releases r ON r.id = m.release
JOIN page_numbers p ON p.id = m.release AND p.number BETWEEN {first} AND {last}
LEFT JOIN credited c ON c.release = m.release
LEFT JOIN page_numbers a ON a.id = c.artist
ORDER BY p.number, m.rank, n.source, n.id
