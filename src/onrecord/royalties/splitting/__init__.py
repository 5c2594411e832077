# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Splits pools over many millions of plays: the rules of `models` as SQL, exact to the unit, a month at a time.

`rules` says what each rule is in SQL, over the tables of `counting`. Rules whose weights are whole numbers are settled
by integer arithmetic alone (`settling`), those that add fractions by bounds (`bounding`). The answer is that of the
model's own `split`, and tests hold the two equal.
"""
