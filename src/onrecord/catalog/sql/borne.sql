-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The id of each component of `{kind}` and the claim that founds it: those of `founders.sql`, and of the claims that are
-- alone and own no id by what is not told of them there.
CREATE OR REPLACE VIEW {kind}_borne AS
SELECT label, founder, id FROM {kind}_founders
UNION ALL
SELECT node, node, {thing} FROM {thing}_members
WHERE NOT joined AND node NOT IN (SELECT label FROM {kind}_founders);
