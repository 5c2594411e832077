-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Ids that are borne now and were not borne before the run. Each has one claim that founds it; they are told apart by a hash.
CREATE OR REPLACE TABLE {kind}_fresh AS
SELECT i.label, i.id
FROM {kind}_borne i ANTI JOIN (SELECT hash({thing}) AS key FROM {thing}_before WHERE founds) b ON b.key = hash(i.id);
SELECT count(*) FROM {kind}_fresh
