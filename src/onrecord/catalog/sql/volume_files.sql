-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The files of some volumes (`last_volumes`: volume) with their digest records, a volume's together, older rows first;
-- are they chosen (`choices`)?
SELECT v.volume, v.shelf, v.extension, coalesce(c.chosen, false) AS chosen,
  f.sha256, f.size, f.blake3, f.v2_root, f.v2_layer, f.v1_pieces, f.v1_tail
FROM volumes v SEMI JOIN last_volumes l ON l.volume = v.volume
JOIN files f ON f.sha256 = v.sha256
LEFT JOIN choices c ON c.sha256 = v.sha256
ORDER BY v.volume, v.shelf, v.sha256, v.seq
