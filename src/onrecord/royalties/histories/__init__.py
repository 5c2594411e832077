# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A listener's own history out of the exports that services give: what was played when, and nothing about the person.

Exports hold addresses, devices, account names and the country of each play. Readers take from a row what a payout rule
needs, and the rest of the row is gone before the next one is read.
"""
