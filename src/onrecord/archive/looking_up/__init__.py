# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks up thousands of identifiers and names, row by row: what each may be, how sure that is, and why."""

from onrecord.archive.looking_up.answers import LookedUp, Match, Summary, Tally
from onrecord.archive.looking_up.asked import FIELDS, Asked, read_asked
from onrecord.archive.looking_up.finding import LookUp
from onrecord.archive.looking_up.resuming import look_up_file
from onrecord.archive.looking_up.tables import Shape, Table, open_table

__all__ = [
    "FIELDS",
    "Asked",
    "LookUp",
    "LookedUp",
    "Match",
    "Shape",
    "Summary",
    "Table",
    "Tally",
    "look_up_file",
    "open_table",
    "read_asked",
]
