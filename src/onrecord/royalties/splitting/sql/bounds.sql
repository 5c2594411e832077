-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The widest sums, so that what is made of them is known to fit.
SELECT coalesce(max(low + width), 0), coalesce(max(count), 0) FROM sums
