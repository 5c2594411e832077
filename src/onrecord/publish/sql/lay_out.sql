-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where each file stands in its volume's torrent (format clauses 5.3 and 5.4): behind the tag files before it
-- (`volume_heads`: volume, files, size; padding counted), in the order of the names, each begins a piece of 1 MiB, and
-- behind each that does not fill its last piece stands a pad file.
CREATE OR REPLACE TABLE places AS
WITH listed AS (
  SELECT
    p.recording, p.sha256, p.volume, 'data/' || p.sha256 || '.' || p.extension AS path, f.size, f.v2_root,
    (f.size + 1048575) // 1048576 AS pieces, if(f.size % 1048576 = 0, 1, 2) AS entries
  FROM published p JOIN files f ON f.sha256 = p.sha256
),
laid AS (
  SELECT
    l.*, (h.size // 1048576 + coalesce(sum(pieces) OVER before, 0))::BIGINT AS first_piece,
    (h.files + coalesce(sum(entries) OVER before, 0))::BIGINT AS number
  FROM listed l JOIN volume_heads h ON h.volume = l.volume
  WINDOW before AS (PARTITION BY l.volume ORDER BY path ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT recording, sha256, volume, path, number, first_piece * 1048576 AS "offset", first_piece, size, v2_root FROM laid;
