# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ClicknClear rightsholder reports: no header; the first two cells say what a row is."""

import re
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO, ClassVar, Final

from onrecord.model import identifiers
from onrecord.model.royalties import LineRejected, StatementLine, StatementNote, StatementRow
from onrecord.royalties.rows import Row, rows
from onrecord.royalties.statements import values
from onrecord.royalties.statements.layout import FULL
from onrecord.royalties.statements.table import HEAD, Joined

_MASTER: Final = (
    "Row Type", "Income Type", "Date Of Sale", "Licensee Name", "Title", "Performed By", "ISRC", "UPC", "Label",
    "Territory Licensed", "Currency", "Gross Receipts", "Refund", "Sales Tax", "Net Receipts",
    "Distributable Recording Revenue", "License Margin", "Amount Due to Rightsholder",
)  # fmt: skip
_PUBLISHING: Final = (
    "Row Type", "Income Type", "Date Of Sale", "Licensee Name", "Title", "Performed By", "Writers", "ISWC",
    "Territory Licensed", "Currency", "Gross Receipts", "Refund", "Sales Tax", "Net Receipts",
    "Distributable Composition Revenue", "Composition Ownership", "Fee For Composition Share", "License Margin",
    "Amount Due to Rightsholder",
)  # fmt: skip
_SALES: Final = {"M": _MASTER, "PR": _MASTER, "P": _PUBLISHING}
_DISTRIBUTABLE: Final = {
    "M": "Distributable Recording Revenue",
    "PR": "Distributable Recording Revenue",
    "P": "Fee For Composition Share",
}
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
#: Who bought is nobody's business here.
_LICENSEE: Final = "Licensee Name"


class ClicknClear:
    name: ClassVar[str] = "clicknclear"
    standing: ClassVar[str] = FULL

    def sniff(self, head: bytes, name: str) -> bool:
        first = next(rows(BytesIO(head), ","), Row(1, [])).cells
        return (
            len(first) > 8
            and first[0] in ("T", "S")
            and first[1] in _SALES
            and bool(_DATE.fullmatch(first[2]))
        )

    def read(self, stream: BinaryIO) -> Iterator[StatementRow]:
        head = stream.read(HEAD)
        if not self.sniff(head, ""):
            yield LineRejected(
                row=1, column="the first row", expected="a row of a ClicknClear report", got=repr(head[:60])
            )
            return
        totals: dict[str, tuple[int, Decimal, int]] = {}
        for row in rows(Joined(head, stream), ","):
            yield _row(row, totals)
        for kind, (stated, due, line) in totals.items():
            if stated or due:
                yield LineRejected(
                    row=line,
                    column="the total",
                    expected="a total that its sales add up to",
                    got=f"{kind}: {stated} sales and {due} more in the total than in the rows",
                )


class _Wrong(Exception):
    pass


def _row(row: Row, totals: dict[str, tuple[int, Decimal, int]]) -> StatementRow:
    if row.wrong:
        return LineRejected(row=row.line, column="", expected="a row of the report", got=row.wrong)
    cells = [cell.strip() for cell in row.cells]
    kind = cells[1] if len(cells) > 1 else ""
    try:
        if cells[0] == "T" and kind in _SALES and len(cells) == 9:
            count, due = (
                _whole(cells[4], "the number of sales"),
                _number(cells[7], "Amounts Due To Rightsholder"),
            )
            totals[kind] = (count, due, row.line)
            return StatementNote(row=row.line, kind="total", cells=tuple(row.cells))
        if cells[0] == "S" and kind in _SALES:
            line = _sale(row, cells, _SALES[kind])
            if kind in totals and line.amount is not None:
                count, due, at = totals[kind]
                totals[kind] = (count - 1, values.EXACT.subtract(due, line.amount), at)
            return line
        raise _Wrong("Row Type", "T or S, then M, P or PR", f"{cells[:2]} and {len(cells)} cells")
    except _Wrong as wrong:
        column, expected, got = wrong.args
        return LineRejected(
            row=row.line, column=column, expected=expected, got=got[:200], amount=cells[-1][:80]
        )


def _sale(row: Row, cells: list[str], names: tuple[str, ...]) -> StatementLine:
    if len(cells) != len(names):
        raise _Wrong("", f"{len(names)} cells", f"{len(cells)} cells")
    named = dict(zip(names, cells, strict=True))
    try:
        month, _ = values.month(named["Date Of Sale"], "dmy")
    except ValueError:
        raise _Wrong("Date Of Sale", "a day", named["Date Of Sale"]) from None
    amount = _number(named["Amount Due to Rightsholder"], "Amount Due to Rightsholder")
    gross = _number(named["Gross Receipts"], "Gross Receipts")
    net = _number(named["Net Receipts"], "Net Receipts")
    if len(named["Currency"]) != 3 or not named["Currency"].isalpha() or not named["Currency"].isascii():
        raise _Wrong("Currency", "a code of three letters", named["Currency"])
    return StatementLine(
        reader=ClicknClear.name,
        row=row.line,
        month=month,
        reported=named["Date Of Sale"][:10],
        service="ClicknClear",
        kind=named["Income Type"],
        territory=named["Territory Licensed"],
        artist=named["Performed By"],
        title=named["Title"],
        label=named.get("Label", ""),
        isrc=identifiers.isrc(named.get("ISRC", "")) or named.get("ISRC", ""),
        upc=named.get("UPC", ""),
        work=named.get("ISWC", ""),
        right="work" if named["Income Type"] == "P" else "recording",
        quantity=1,
        sign=-1 if amount < 0 else 1,
        gross=gross,
        fee=values.EXACT.subtract(gross, net),
        net=_number(named[_DISTRIBUTABLE[named["Income Type"]]], "the distributable revenue"),
        share=_number(named["License Margin"].removesuffix("%"), "License Margin"),
        amount=amount,
        currency=named["Currency"].upper(),
        cells=tuple((name, cell) for name, cell in zip(names, row.cells, strict=True) if name != _LICENSEE),
    )


def _number(words: str, column: str) -> Decimal:
    try:
        return values.number(words)
    except ValueError:
        raise _Wrong(column, "an amount below 10^12 with a decimal point", words) from None


def _whole(words: str, column: str) -> int:
    try:
        return values.whole(words)
    except ValueError:
        raise _Wrong(column, "a whole number below 10^12", words) from None
