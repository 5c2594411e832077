# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a statement's format is, as a table: which columns tell it, and what they mean. No code of its own."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

#: How well a format is known.
FULL: Final = "full header known"
PARTIAL: Final = "partial header"
UNSEEN: Final = "no real file seen"

#: Fields of a StatementLine that hold text, numbers and dates, as layouts name them.
TEXTS: Final = (
    "reported", "service", "kind", "tier", "territory", "artist", "title", "release", "label", "isrc", "upc", "work",
    "payee", "currency", "sale_currency",
)  # fmt: skip
MONEY: Final = (
    "unit_price", "gross", "fee", "net", "exchange_rate", "share", "amount", "withheld", "recoup",
)  # fmt: skip
OTHER: Final = ("month", "month_end", "quantity")

#: ISO 4217's code for "no currency": the statement does not name one, and the import asks for it.
NO_CURRENCY: Final = "XXX"
_CURRENCIES: Final = frozenset(
    {
        "aed", "ars", "aud", "brl", "cad", "chf", "clp", "cny", "cop", "czk", "dkk", "eur", "gbp",
        "hkd", "huf", "idr", "ils", "inr", "jpy", "krw", "mxn", "myr", "nok", "nzd", "php", "pln",
        "ron", "rub", "sar", "sek", "sgd", "thb", "try", "twd", "uah", "usd", "vnd", "zar",
    }
)  # fmt: skip
_SYMBOLS: Final = {"$": "usd", "$us": "usd", "us$": "usd", "£": "gbp", "€": "eur"}
_IN_BRACKETS: Final = re.compile(r"(.*?)\s*\(([^()]{1,4})\)")
_LAST_WORD: Final = re.compile(r"(.*\S) ([a-z]{3})")


class Layout(Struct, frozen=True, kw_only=True):
    """One generation of a format.

    version   names it
    needed    normalized names of the columns that must all be there: the fingerprint
    telling   more columns, of which at least `least` must be there, and columns that must not be
    fields    which column, or which columns in order of preference, hold each field of a StatementLine; in `sums` the
              columns that are there are added up
    service   who paid, where no column names it because all statements of the format are of one
    currency  where no column and no header names it: a code, or NO_CURRENCY; "" where the header always does
    order     how dates with slashes are written: `mdy` or `dmy`
    share     what a share without a percent sign is: `percent`, `fraction`, or `either` (up to 1 is a fraction)
    negate    (column, values): rows that take back, whatever their sign; their numbers are made negative
    notes     (column, values, kind): rows that are no sales
    totals    columns that are all empty in a row that sums up others
    drop      columns about buyers: never kept, beginnings of names
    relations arithmetic that the format promises, such as `net = quantity * unit_price`; the audit tests it
    right     `recording` or `work`
    standing  how well this generation is known, where it is not how well the reader's others are
    """

    version: str
    needed: Sequence[str]
    fields: Mapping[str, str | Sequence[str]]
    telling: Sequence[str] = ()
    least: int = 0
    without: Sequence[str] = ()
    sums: Mapping[str, Sequence[str]] = {}
    service: str = ""
    currency: str = NO_CURRENCY
    order: str = "mdy"
    share: str = "percent"
    negate: tuple[str, Sequence[str]] | None = None
    notes: Sequence[tuple[str, Sequence[str], str]] = ()
    totals: Sequence[str] = ()
    drop: Sequence[str] = ()
    relations: Sequence[str] = ()
    right: str = "recording"
    standing: str = ""


def normalized(header: str) -> tuple[str, str]:
    """(name, currency) of a column: lower case, single spaces, and the currency taken off it: `Earnings (USD)`."""
    name = " ".join(header.replace("\ufeff", "").lower().split())
    if found := _IN_BRACKETS.fullmatch(name):
        currency = _SYMBOLS.get(found[2], found[2])
        if currency in _CURRENCIES:
            return found[1], currency.upper()
    elif (found := _LAST_WORD.fullmatch(name)) and found[2] in _CURRENCIES:
        return found[1], found[2].upper()
    return name, ""


def fits(layout: Layout, pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether a row of normalized names and currencies is the header of this layout."""
    names = [name for name, _ in pairs]
    there = set(names)
    if not layout.currency and not any(code for name, code in pairs if name in layout.needed):
        return False
    if not there.issuperset(layout.needed) or there.intersection(layout.without):
        return False
    if len(there.intersection(layout.telling)) < layout.least:
        return False
    meant = {name for columns in [*layout.fields.values(), *layout.sums.values()] for name in named(columns)}
    return all(names.count(name) < 2 for name in meant | set(layout.needed))


def named(columns: str | Sequence[str]) -> Sequence[str]:
    return (columns,) if isinstance(columns, str) else columns
