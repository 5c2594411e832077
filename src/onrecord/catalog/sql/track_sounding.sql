-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What titles of `track_singers` sound like beside their artist, of every claim that ever came (`track_keys`).
CREATE OR REPLACE TABLE track_sounding AS
SELECT k.node, tagged(3, s.sound, k.sounding) AS key
FROM track_keys k
JOIN (SELECT DISTINCT hint('spelling', artist) AS spelling, hint('sound', sound) AS sound FROM track_singers) s
  ON s.spelling = k.spelling
WHERE k.sounding IS NOT NULL;
