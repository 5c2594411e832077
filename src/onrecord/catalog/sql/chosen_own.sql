-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Leaves of `track_chosen` what is compared with one of `track_own`: joins of others are what they were. By sound it is what
-- shares a title with one of them, too (`track_sounding`, `wanted_keys`), not all titles of an artist.
DELETE FROM track_chosen
WHERE use = 'sound' AND node NOT IN (SELECT node FROM track_sounding SEMI JOIN wanted_keys USING (key));
DELETE FROM track_chosen
WHERE together NOT IN (SELECT together FROM track_chosen SEMI JOIN track_own USING (node));
