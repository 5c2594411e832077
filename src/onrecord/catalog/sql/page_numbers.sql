-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The numbers by which rows of pages (`page_things`) name each other: those that `numbered` has from earlier, and behind
-- `{last}` those of what is new, as its claims came.
CREATE OR REPLACE TABLE page_numbers AS
SELECT t.rank, t.id, k.number FROM page_things t JOIN numbered k ON k.id = t.id
UNION ALL
SELECT t.rank, t.id, {last} + row_number() OVER (ORDER BY t.rank, t.node, t.id)
FROM page_things t WHERE t.id NOT IN (SELECT id FROM numbered);
