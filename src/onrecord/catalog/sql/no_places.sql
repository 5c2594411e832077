-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What `track_mates.sql` gathers of places on releases, before the first artist.
CREATE OR REPLACE TABLE place_artists (artist UINTEGER);
CREATE OR REPLACE TABLE artist_places (
  node BIGINT, artist UINTEGER, spelling UINTEGER, other BOOLEAN, disc BIGINT, position BIGINT, duration_ms BIGINT, list UBIGINT
);
CREATE OR REPLACE TABLE place_possible (
  a BIGINT, b BIGINT, artist UINTEGER, disc BIGINT, position BIGINT, list UBIGINT, other_list UBIGINT, exact BOOLEAN, equal BIGINT
);
