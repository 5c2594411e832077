-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Files whose decoded samples are equal, each paired with the first of its group.
SELECT first, sha256
FROM (SELECT sha256, min(sha256) OVER (PARTITION BY audio_sha256) AS first FROM current_sounds)
WHERE first <> sha256
ORDER BY first, sha256;
