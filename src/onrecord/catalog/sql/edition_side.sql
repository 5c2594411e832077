-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One side of a comparison of editions (`{side}` is before or after): what is on a release is a field of it. What
-- withdrawals hide is on none.
CREATE VIEW {side}_recordings AS SELECT * FROM {side}_plain_recordings;

CREATE VIEW {side}_artists AS SELECT * FROM {side}_plain_artists;

CREATE VIEW {side}_works AS SELECT * FROM {side}_plain_works;

CREATE VIEW {side}_labels AS SELECT * FROM {side}_plain_labels;

CREATE VIEW {side}_releases AS
SELECT r.*, coalesce(t.tracks, '') AS tracks
FROM {side}_plain_releases r
LEFT JOIN (
  SELECT release, string_agg(recording, ' ' ORDER BY disc NULLS FIRST, position NULLS LAST, recording) AS tracks
  FROM {side}_plain_release_tracks
  WHERE recording NOT IN (SELECT id FROM hidden_ids)
  GROUP BY release
) t ON t.release = r.id;
