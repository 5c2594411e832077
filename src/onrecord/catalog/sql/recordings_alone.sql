-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Canonical rows of the claims of {said} that are joined with no other: as they are.
SELECT
  r.id, if(r.title = '', coalesce(d.name, ''), r.title) AS title, r.artist, r.artist_id, r.duration_ms, r.date, r.genre, r.composer,
  if(r.isrc = '', [], [r.isrc]) AS isrcs, if(r.mbid = '', [], [r.mbid]) AS mbids, r.source AS founded_by,
  r.source_id AS founded_as
FROM {said} r
LEFT JOIN deposited_names d ON d.sha256 = r.file AND r.title = ''
