# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DistroKid statements of both generations: the tab-separated file, and the quoted one of July 2025 and later.

Columns come and go independently, so they are found by name, and the currency stands in the name of the money's column.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import BinaryIO, Final

from onrecord.model import identifiers
from onrecord.model.royalties import LineRejected, StatementLine
from onrecord.royalties.rows import Row, rows

_REQUIRED: Final = frozenset(
    {"sale month", "store", "artist", "title", "isrc", "upc", "quantity", "country of sale", "earnings"}
)
#: Columns that no other distributor is known to have together with the required ones.
_TELLING: Final = frozenset(
    {"team percentage", "songwriter royalties withheld", "date inserted", "reporting date"}
)
_MONEY: Final = re.compile(r"(.*?)\s*\(([a-z]{3})\)")
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_WHOLE: Final = re.compile(r"-?\d{1,12}")
_AMOUNT: Final = re.compile(r"-?\d{0,12}(\.\d{0,30})?([eE]-\d{1,2})?")


class DistroKid:
    name = "distrokid"

    def sniff(self, head: bytes, name: str) -> bool:
        return any(_Columns.of(_header(head, delimiter)) for delimiter in "\t,")

    def read(self, stream: BinaryIO) -> Iterator[StatementLine | LineRejected]:
        head = stream.read(65536)
        delimiter = next((d for d in "\t," if _Columns.of(_header(head, d))), "\t")
        columns: _Columns | None = None
        for row in rows(_Joined(head, stream), delimiter):
            if columns is None:
                columns = _Columns.of(row)
                if columns is None:
                    yield _rejected(
                        row.line, "the header", "the columns of a DistroKid statement", str(row.cells)
                    )
                    return
            else:
                yield _line(columns, row)
        if columns is None:
            yield _rejected(1, "the header", "the columns of a DistroKid statement", "an empty file")


class _Joined:
    """What was read to recognise the file, and what is left of it."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = BytesIO(head)
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        return self._head.read(size) or self._stream.read(size)


class _Columns:
    def __init__(self, names: list[str], printed: list[str], currency: str) -> None:
        self.names = names
        self.printed = printed
        self.currency = currency

    @classmethod
    def of(cls, row: Row) -> "_Columns | None":
        """The columns that a header row names, None where it is not the header of such a statement."""
        names, currency = [], ""
        for cell in row.cells:
            name = " ".join(cell.lower().split())
            if money := _MONEY.fullmatch(name):
                name = money[1]
                currency = money[2].upper() if name == "earnings" else currency
            names.append(name)
        known = set(names) >= _REQUIRED and len(_TELLING & set(names)) >= 2 and len(names) == len(set(names))
        return cls(names, row.cells, currency) if known and currency else None


def _header(head: bytes, delimiter: str) -> Row:
    return next(rows(BytesIO(head), delimiter), Row(1, []))


class _Wrong(Exception):
    def __init__(self, column: str, expected: str, got: str) -> None:
        super().__init__(column, expected, got)
        self.column, self.expected, self.got = column, expected, got


def _line(columns: _Columns, row: Row) -> StatementLine | LineRejected:
    if row.wrong:
        return _rejected(row.line, "", "a row of the statement", row.wrong)
    if len(row.cells) != len(columns.names):
        return _rejected(row.line, "", f"{len(columns.names)} cells", f"{len(row.cells)} cells")
    cells = {name: cell.strip() for name, cell in zip(columns.names, row.cells, strict=True)}
    try:
        return StatementLine(
            reader=DistroKid.name,
            row=row.line,
            month=_month(cells),
            reported=cells.get("reporting date", ""),
            service=cells["store"],
            kind=cells.get("source type", "") or cells.get("song/album", ""),
            territory=cells["country of sale"],
            artist=cells["artist"],
            title=cells["title"],
            isrc=identifiers.isrc(cells["isrc"]) or cells["isrc"],
            upc=cells["upc"],
            quantity=_quantity(cells),
            share=_amount(cells, "team percentage", "%") if cells.get("team percentage") else None,
            amount=_amount(cells, "earnings", required=True),
            withheld=_amount(cells, "songwriter royalties withheld"),
            recoup=_amount(cells, "recoup"),
            currency=columns.currency,
            cells=tuple(zip(columns.printed, row.cells, strict=True)),
        )
    except _Wrong as wrong:
        return _rejected(row.line, wrong.column, wrong.expected, wrong.got)


def _month(cells: Mapping[str, str]) -> str:
    if not _MONTH.fullmatch(cells["sale month"]):
        raise _Wrong("sale month", "a month as YYYY-MM", cells["sale month"])
    return cells["sale month"]


def _quantity(cells: Mapping[str, str]) -> int:
    words = cells["quantity"]
    if not _WHOLE.fullmatch(words):
        raise _Wrong("quantity", "a whole number below 10^12", words)
    return int(words)


def _amount(cells: Mapping[str, str], column: str, unit: str = "", required: bool = False) -> Decimal:
    """Every digit that stands there. An empty cell is zero, but not where the money itself would be."""
    words = cells.get(column, "").removesuffix(unit).strip()
    if not words and not required:
        return Decimal(0)
    try:
        if not _AMOUNT.fullmatch(words):
            raise InvalidOperation
        return Decimal(words)
    except InvalidOperation:
        raise _Wrong(column, "an amount below 10^12 with a decimal point", words) from None


def _rejected(line: int, column: str, expected: str, got: str) -> LineRejected:
    return LineRejected(row=line, column=column, expected=expected, got=got[:200])
