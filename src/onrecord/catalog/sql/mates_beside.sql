-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Behind `track_mates` of `{wanted}`: all that these have to be compared with (`track_mates`, `node`). Names that are alike are
-- compared with their neighbours in the order of lengths, and both ends of a join are within two seconds of each other: what
-- stands between them is, too, and nobody else has a say. Where one has no length, all of its group are there.
CREATE OR REPLACE TABLE near_lengths AS
SELECT k.node, k.key, t.duration_ms, k.node IN (SELECT node FROM {wanted}) AS own
FROM (SELECT node, unnest([beginning, ending, place]) AS key FROM near_mates) k
SEMI JOIN wanted_keys w ON w.key = k.key
JOIN (SELECT node, duration_ms FROM ({near})) t ON t.node = k.node;

CREATE OR REPLACE TABLE track_mates AS
FROM same_mates
UNION
FROM place_mates
UNION
SELECT node FROM near_lengths WHERE key >> 56 = 2
UNION
SELECT o.node
FROM (SELECT *, duration_ms // 2000 AS step FROM near_lengths WHERE key >> 56 = 1) o
JOIN (
  SELECT key, duration_ms, unnest([duration_ms // 2000 - 1, duration_ms // 2000, duration_ms // 2000 + 1]) AS step
  FROM (SELECT DISTINCT key, duration_ms FROM near_lengths WHERE own AND key >> 56 = 1)
) x ON x.key = o.key AND x.step = o.step
WHERE abs(x.duration_ms - o.duration_ms) <= 2000;
