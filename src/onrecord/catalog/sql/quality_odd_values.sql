-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Values that are none of what their field holds: those that a connector met and did not claim, and those that were
-- claimed all the same.
SELECT
  source,
  CASE
    WHEN field = 'duration_ms' THEN 'duration-odd'
    WHEN field = 'code' THEN 'label-code-odd'
    WHEN field IN ('isrc', 'iswc', 'mbid', 'barcode', 'isni', 'ipi', 'dpid', 'date') THEN field || '-odd'
    ELSE 'value-odd'
  END AS code,
  [id] AS claims, CASE WHEN code = 'value-odd' THEN field || ' ' || value ELSE value END AS said
FROM quality_odd
UNION ALL
SELECT source, 'isrc-odd', [id], isrc FROM quality_tracks
WHERE isrc <> '' AND NOT regexp_full_match(isrc, '[A-Z]{2}[A-Z0-9]{3}[0-9]{7}')
UNION ALL
SELECT source, 'mbid-odd', [id], mbid
FROM (
  SELECT source, id, mbid FROM quality_tracks
  UNION ALL SELECT source, id, mbid FROM quality_releases
  UNION ALL SELECT source, id, mbid FROM quality_artists
  UNION ALL SELECT source, id, mbid FROM quality_works
  UNION ALL SELECT source, id, mbid FROM quality_labels
)
WHERE mbid <> '' AND NOT regexp_full_match(mbid, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
UNION ALL
SELECT source, 'barcode-odd', [id], barcode FROM quality_releases WHERE barcode <> '' AND NOT gtin_holds(barcode)
UNION ALL
SELECT source, 'isni-odd', [id], isni
FROM (SELECT source, id, isni FROM quality_artists UNION ALL SELECT source, id, isni FROM quality_labels)
WHERE isni <> '' AND NOT isni_holds(isni)
UNION ALL
SELECT source, 'iswc-odd', [id], iswc FROM quality_works WHERE iswc <> '' AND NOT iswc_holds(iswc)
UNION ALL
SELECT source, 'label-code-odd', [id], code FROM quality_labels
WHERE code <> '' AND NOT regexp_full_match(code, 'LC[0-9]{5}')
