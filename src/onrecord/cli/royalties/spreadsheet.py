# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cells of CSV that people open in spreadsheets: nothing in them runs."""

from decimal import Decimal

from onrecord.cli.output import inert


def cell(value: object) -> str:
    """A text for a spreadsheet: what could start a formula is set behind an apostrophe, numbers stay numbers."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = inert(str(value))
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\ufffd") else text
