-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Payees whose whole units the bounds do not settle: they are added exactly.
SELECT pool, payee FROM near WHERE low // $parts <> high // $parts
