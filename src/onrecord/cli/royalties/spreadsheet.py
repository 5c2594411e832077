# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers and texts as people read them, in lines and in cells of spreadsheets, where nothing in them runs."""

from decimal import Decimal

from onrecord.cli.output import inert


def cell(value: object) -> str:
    """A text for a spreadsheet: what could start a formula is set behind an apostrophe, numbers stay numbers."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = inert(str(value))
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\ufffd") else text


def bare(value: Decimal | None) -> str:
    """An exact amount without the zeros that only say how it is stored."""
    if value is None:
        return "no money"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
