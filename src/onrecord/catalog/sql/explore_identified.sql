-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT 'recordings with an ISRC' AS what, count(*) FILTER (len(isrcs) > 0) AS have, count(*) AS of FROM recordings
UNION ALL
SELECT 'recordings with a MusicBrainz id', count(*) FILTER (len(mbids) > 0), count(*) FROM recordings
UNION ALL
SELECT 'recordings with a length', count(*) FILTER (duration_ms > 0), count(*) FROM recordings
UNION ALL
SELECT 'releases with a barcode', count(*) FILTER (barcode <> ''), count(*) FROM releases
UNION ALL
SELECT 'artists with a MusicBrainz id', count(*) FILTER (mbid <> ''), count(*) FROM artists
