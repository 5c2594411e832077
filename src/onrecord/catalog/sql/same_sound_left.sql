-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Of files that are one sound (`sound_labels`: node, label), all but the best are not chosen any more. Best is what others
-- already hold, then what is lossless, then what came first, then the higher bit rate, which alone says little: a
-- re-encoding often has the higher one.
UPDATE choices SET chosen = false, code = {code}, license = ''
WHERE sha256 IN (
  SELECT l.node
  FROM sound_labels l
  JOIN (SELECT DISTINCT sha256, bit_depth, seq, bit_rate FROM current_sounds) s ON s.sha256 = l.node
  LEFT JOIN (SELECT DISTINCT sha256 FROM volumes) v ON v.sha256 = l.node
  QUALIFY row_number() OVER (
    PARTITION BY l.label ORDER BY v.sha256 IS NULL, s.bit_depth IS NULL, s.seq, s.bit_rate DESC, l.node
  ) > 1
);
