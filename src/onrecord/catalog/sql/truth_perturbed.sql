-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Of the tracks whose claim was changed in some way: pairs with other claims of the same recording, and those found.
WITH claims AS (
  SELECT t.thing, t.perturbed, t.source, t.id, j.joined
  FROM true_tracks t JOIN joined_tracks j ON j.source = t.source AND j.id = t.id
),
pairs AS (
  SELECT x.perturbed | y.perturbed AS perturbed, x.joined = y.joined AS found
  FROM claims x JOIN claims y ON y.thing = x.thing AND (x.source, x.id) < (y.source, y.id)
)
SELECT b.name, count(*), count(*) FILTER (WHERE found)
FROM pairs
JOIN (VALUES ('none', 0), ('typo', 1), ('featuring', 2), ('transliterated', 4), ('wrong-isrc', 8), ('isrc-anew', 16)) b(name, bit)
  ON if(b.bit = 0, perturbed = 0, perturbed & b.bit <> 0)
GROUP BY b.name ORDER BY b.name;
