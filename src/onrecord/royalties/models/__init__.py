# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The payout models, one file a rule: exact fractions over the plays of one pool, plain enough to be read as the rule.

`royalties.splitting` runs the same rules at size; tests hold the two equal to the smallest unit.
"""
