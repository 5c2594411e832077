-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The members of recordings whose number is from `{first}` to `{last}`, with the number of who made it, 0 where that is not
-- known.
SELECT p.number, m.recording, m.founds, m.rank, m.reason, m.node, coalesce(a.artist, 0) AS artist
FROM recording_members m
JOIN page_numbers p ON p.id = m.recording AND p.number BETWEEN {first} AND {last}
LEFT JOIN page_artists a ON a.recording = p.number
