# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims that are made up, of catalogs of any size: the same seed and row number is the same row, on any machine.

Nothing here is a connector: the rows go into the claim tables as they are (`archive.generating`), and what is the same
thing in truth goes into tables beside, which the matcher never reads. Every source is called `generated…`.
"""
