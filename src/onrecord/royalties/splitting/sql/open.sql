-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The open payees of the pools in `these`.
SELECT n.pool, n.payee FROM near n JOIN these t ON t.pool = n.pool WHERE n.open
