-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT floor(greatest(loudness, -60))::INTEGER AS lufs, count(*) AS files
FROM files WHERE loudness IS NOT NULL
GROUP BY lufs ORDER BY lufs
