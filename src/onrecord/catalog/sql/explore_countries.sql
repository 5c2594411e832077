-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT country, count(*) AS releases FROM release_claims WHERE country <> ''
GROUP BY country ORDER BY releases DESC, country LIMIT 20
