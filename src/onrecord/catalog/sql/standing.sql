-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Of these rows of {kind} claims those that stand (`current.sql`), with the entry that brought each first.
SELECT c.*, coalesce(r.first_seq, c.seq) AS first_seq
FROM {rows} c
LEFT JOIN (SELECT node, first_seq FROM {kind}_repeated WHERE NOT over) r ON r.node = c.node
WHERE c.node NOT IN (SELECT node FROM {kind}_ended)
