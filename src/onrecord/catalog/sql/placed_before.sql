-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where chosen files are that keep their volume (`stays`), and, as `fresh`, those that have none, with the volume that they
-- had (`broken`), or ''.
CREATE OR REPLACE TABLE placed AS
SELECT v.sha256, v.volume, arg_max(v.extension, v.seq) AS extension
FROM volumes v
SEMI JOIN stays s ON s.volume = v.volume
GROUP BY v.sha256, v.volume;

CREATE OR REPLACE TABLE fresh AS
SELECT c.sha256, c.license, coalesce(b.volume, '') AS former
FROM choices c
ANTI JOIN placed p ON p.sha256 = c.sha256
LEFT JOIN (
  SELECT DISTINCT v.sha256, v.volume FROM volumes v SEMI JOIN broken w ON w.volume = v.volume
) b ON b.sha256 = c.sha256
WHERE c.chosen;
