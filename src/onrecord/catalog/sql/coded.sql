-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One row an ISRC of a recording that has sound, with who says so. A file and a record that name one code and agree in
-- nothing else are two recordings here, and that is what the report is about.
CREATE OR REPLACE TABLE coded AS
SELECT
  n.isrc, m.recording,
  list_sort(list(DISTINCT n.source)) AS sources,
  coalesce(any_value(h.title), any_value(h.name), '') AS title, coalesce(any_value(h.artist), '') AS artist
FROM recording_members m
JOIN track_nodes n ON n.source = m.source AND n.id = m.source_id
JOIN (
  SELECT
    r.recording,
    arg_min(t.title, (r.rank, t.source, t.id)) FILTER (WHERE t.title <> '') AS title,
    min(d.name) AS name,
    arg_min(t.artist, (r.rank, t.source, t.id)) FILTER (WHERE t.artist <> '') AS artist
  FROM recording_members r
  JOIN track_nodes t ON t.source = r.source AND t.id = r.source_id
  LEFT JOIN deposits d ON r.source = 'file' AND d.sha256 = r.source_id
  GROUP BY r.recording
  HAVING bool_or(r.source = 'file')
) h ON h.recording = m.recording
WHERE n.isrc <> ''
GROUP BY n.isrc, m.recording;
