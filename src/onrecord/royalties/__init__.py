# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the money goes: statement readers and payout models, exact to the smallest unit, behind `seams`."""
