-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT musical_key AS key, count(*) AS files FROM files WHERE musical_key <> ''
GROUP BY key ORDER BY files DESC, key
