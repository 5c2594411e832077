-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT recording, sha256, volume, path, number, "offset", first_piece, size, v2_root
FROM places
ORDER BY recording, sha256
