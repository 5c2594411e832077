-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Files that have no volume (`fresh`: sha256, license, former: the volume that they had, or '') with their digest
-- records and credits (`credits`).
-- A file's collection is where it came from first: a source, another archive, or the deposits.
WITH came AS (
  SELECT sha256, source, seq FROM fetched SEMI JOIN fresh USING (sha256)
  UNION ALL
  SELECT sha256, 'deposits', seq FROM deposits SEMI JOIN fresh USING (sha256)
  UNION ALL
  SELECT l.blob, l.source, l.seq FROM links l SEMI JOIN fresh ON fresh.sha256 = l.blob WHERE l.source LIKE 'archive:%'
),
collections AS (
  SELECT sha256, arg_min(source, (seq, source)) AS collection FROM came GROUP BY sha256
)
SELECT coalesce(c.collection, '') AS collection, w.license, w.former, s.container, k.credit,
  f.sha256, f.size, f.blake3, f.v2_root, f.v2_layer, f.v1_pieces, f.v1_tail
FROM fresh w
JOIN credits k USING (sha256)
JOIN files f USING (sha256)
JOIN current_sounds s USING (sha256)
LEFT JOIN collections c USING (sha256)
