-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The matches with both sides, the best reasons first.
SELECT n.share, n.work, n.isrc, n.dsp, n.title, n.artist, n.percent, m.code, m.confidence, m.fits,
       o.kind, coalesce(o.isrcs[1], ''), coalesce(nullif(o.iswc, ''), w.iswc, ''), coalesce(w.number, o.number),
       o.title, o.artist, coalesce(c.song_code, d.song_code, ''), o.place.file, o.place."row"
FROM matches m JOIN near n USING (share) JOIN ours o USING (id) LEFT JOIN ours w ON w.id = m.song
LEFT JOIN song_codes c ON c.work = coalesce(nullif(o.iswc, ''), nullif(w.iswc, ''))
LEFT JOIN song_codes d ON d.work = nullif(w.number, '')
ORDER BY m.confidence DESC, m.fits, n.share, o.id
