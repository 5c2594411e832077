# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a listener's own money does, month by month, under rules that look at this listener alone, and beside a market.

`terms` is what a history does not say, `books` goes through the months, `around` holds the rules that need everybody.
"""
