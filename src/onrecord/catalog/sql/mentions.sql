-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Whom else records like MusicBrainz's name that came after ?: artists that are credited, labels, release groups, works.
-- Claims have no column for these. One row a mention: which record, what is named, and as what. So is the language of a
-- release's titles, which has no MBID.
WITH fresh AS (
  SELECT
    r.source, r.record, r.seq, split_part(r.record, ':', 1) AS kind,
    if(r.media_type = 'application/json', TRY(decode(r.payload)), NULL) AS json,
    if(r.media_type = 'application/xml', TRY(decode(r.payload)), NULL) AS xml
  FROM records r
  WHERE r.seq > ? AND NOT r.deleted
    AND (
      starts_with(r.record, 'release:') OR starts_with(r.record, 'recording:')
      OR starts_with(r.record, 'release-group:') OR starts_with(r.record, 'artist:')
    )
),
objects AS (
  SELECT source, record, seq, kind, json::JSON AS o FROM fresh
  WHERE json IS NOT NULL AND json_valid(json) AND json_extract(json, '$."onrecord:origin"') IS NULL
),
lists AS (
  SELECT source, record, seq, 'artist' AS kind,
    json_extract_string(o, '$."artist-credit"[*].artist.id') AS ids,
    json_extract_string(o, '$."artist-credit"[*].artist.name') AS names
  FROM objects WHERE kind <> 'artist'
  UNION ALL
  SELECT source, record, seq, 'label', json_extract_string(o, '$."label-info"[*].label.id'),
    json_extract_string(o, '$."label-info"[*].label.name')
  FROM objects WHERE kind = 'release'
  UNION ALL
  SELECT source, record, seq, 'work', json_extract_string(o, '$.relations[*].work.id'),
    json_extract_string(o, '$.relations[*].work.title')
  FROM objects WHERE kind = 'recording'
  UNION ALL
  SELECT source, record, seq, 'release-group', [json_extract_string(o, '$."release-group".id')],
    [json_extract_string(o, '$."release-group".title')]
  FROM objects WHERE kind = 'release'
  UNION ALL
  SELECT source, record, seq, 'release-group', [json_extract_string(o, '$.id')], [json_extract_string(o, '$.title')]
  FROM objects WHERE kind = 'release-group'
  UNION ALL
  SELECT source, record, seq, 'label', regexp_extract_all(xml, '<label [^>]*\bid="([^"]*)"', 1),
    regexp_extract_all(xml, '<label [^>]*\bid="[^"]*"[^>]*>\s*<name>([^<&]*)', 1)
  FROM fresh WHERE kind = 'release' AND xml IS NOT NULL
  UNION ALL
  SELECT source, record, seq, 'release-group', regexp_extract_all(xml, '<release-group [^>]*\bid="([^"]*)"', 1)[:1],
    regexp_extract_all(xml, '<release-group [^>]*\bid="[^"]*"[^>]*>\s*<title>([^<&]*)', 1)[:1]
  FROM fresh WHERE kind IN ('release', 'release-group') AND xml IS NOT NULL
),
languages AS (
  SELECT source, record, seq, json_extract_string(o, '$."text-representation".language') AS code
  FROM objects WHERE kind = 'release'
  UNION ALL
  SELECT source, record, seq,
    regexp_extract(xml, '<text-representation>\s*(?:<script>[^<]*</script>\s*)?<language>([^<&]*)', 1)
  FROM fresh WHERE kind = 'release' AND xml IS NOT NULL
),
pairs AS (
  SELECT source, record, seq, kind, unnest(list_zip(ids, names)) AS pair FROM lists
)
SELECT DISTINCT source, record, seq, kind, lower(pair[1]) AS mbid, coalesce(pair[2], '') AS name
FROM pairs
WHERE regexp_full_match(pair[1], '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')
UNION ALL
SELECT DISTINCT source, record, seq, 'language', '', lower(code) FROM languages
WHERE regexp_full_match(lower(code), '[a-z]{3}')
ORDER BY ALL
