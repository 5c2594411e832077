-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Canonical recordings, before there are any (`match._recordings`).
CREATE OR REPLACE TABLE canonical_recordings (
  id VARCHAR, title VARCHAR, artist VARCHAR, artist_id VARCHAR, duration_ms BIGINT, date VARCHAR, genre VARCHAR,
  composer VARCHAR, isrcs VARCHAR[], mbids VARCHAR[]
);
