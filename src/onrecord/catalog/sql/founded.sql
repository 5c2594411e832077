-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- How many ids are borne now that were not borne before the run.
SELECT count(*) FROM {kind}_ids WHERE id NOT IN (SELECT {thing} FROM {thing}_before)
