-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The lines of the collective that could be ours, read once from front to back: what is ours is small and is looked up.
-- Afterwards nothing of the large files is needed but the writers.
CREATE TABLE near_works AS
SELECT work, iswc_of(iswc) AS iswc, title FROM works
WHERE iswc_of(iswc) IN (SELECT iswc FROM ours WHERE iswc <> '') OR title_key(title) IN (SELECT key FROM our_titles);

CREATE TABLE near_recordings AS
SELECT recording, isrc_of(isrc) AS isrc, title, subtitle, artist FROM recordings
WHERE isrc_of(isrc) IN (SELECT isrc FROM our_isrcs) OR title_key(title) IN (SELECT key FROM our_titles);

CREATE TABLE near AS
WITH lines_near AS (
  SELECT share, recording, work, isrc_of(isrc) AS isrc, dsp, title, subtitle, alternative, artist, percent
  FROM unclaimed
  WHERE isrc_of(isrc) IN (SELECT isrc FROM our_isrcs)
     OR title_key(title) IN (SELECT key FROM our_titles)
     OR title_key(string_split(alternative, '|')[1]) IN (SELECT key FROM our_titles)
     OR work IN (SELECT work FROM near_works)
     OR recording IN (SELECT recording FROM near_recordings)
)
SELECT l.share, l.work, l.dsp, l.percent, l.alternative,
       coalesce(nullif(l.isrc, ''), r.isrc, '') AS isrc,
       coalesce(nullif(l.title, ''), r.title, '') AS title,
       coalesce(nullif(l.subtitle, ''), r.subtitle, '') AS subtitle,
       coalesce(nullif(l.artist, ''), r.artist, '') AS artist,
       coalesce(w.iswc, '') AS iswc, coalesce(w.title, '') AS work_title
FROM lines_near l LEFT JOIN near_recordings r ON l.recording <> '' AND r.recording = l.recording
LEFT JOIN near_works w ON l.work <> '' AND w.work = l.work;
