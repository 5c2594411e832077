-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Claims that do not say what they are about.
SELECT source, 'track-untitled' AS code, [id] AS claims, artist AS said FROM quality_tracks WHERE trim(title) = ''
UNION ALL
SELECT source, 'release-untitled', [id], artist FROM quality_releases WHERE trim(title) = ''
UNION ALL
SELECT source, 'artist-unnamed', [id], sort_name FROM quality_artists WHERE trim(name) = ''
