# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine: reads any statement that is a table with a header, by the layouts of its format.

Delimiter, quoting, rows before the header and the decimal mark are found in the bytes; columns are found by name.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache, reduce
from io import BytesIO
from typing import Any, BinaryIO, ClassVar, NamedTuple

from onrecord.model import identifiers
from onrecord.model.royalties import LineRejected, StatementLine, StatementNote, StatementRow
from onrecord.royalties.rows import Readable, Row, rows
from onrecord.royalties.statements import values
from onrecord.royalties.statements.layout import (
    MONEY,
    TEXTS,
    UNSEEN,
    Layout,
    fits,
    named,
    normalized,
)

HEAD = 65536
_DELIMITERS = "\t,;|"
_PREAMBLE = 12  # rows before the header that are looked at
_SAMPLE = 200  # rows that tell the decimal mark
_ZERO = Decimal(0)


class TableReader:
    """A statement reader whose formats are `layouts`. Subclasses hold tables, not code."""

    name: str = ""
    layouts: Sequence[Layout] = ()
    standing: ClassVar[str] = UNSEEN

    def sniff(self, head: bytes, name: str) -> bool:
        return find(self.layouts, head) is not None

    def read(self, stream: BinaryIO) -> Iterator[StatementRow]:
        head = stream.read(HEAD)
        found = find(self.layouts, head)
        if found is None:
            first = next(rows(BytesIO(head), ","), Row(1, []))
            got = str(first.cells) if first.cells else "an empty file" if not head else first.wrong
            yield LineRejected(
                row=1, column="the header", expected=f"the columns of a {self.name} statement", got=got[:200]
            )
            return
        columns: _Columns | None = None
        for row in rows(Joined(head, stream), found.delimiter, found.quoted):
            if columns is not None:
                yield columns.read(row)
            elif row.line < found.line:
                yield StatementNote(row=row.line, kind="preamble", cells=tuple(row.cells))
            else:
                columns = _Columns(self.name, found, row.cells)
                yield StatementNote(row=row.line, kind="header", cells=tuple(row.cells))

    def layout(self, head: bytes) -> Layout | None:
        """Which generation of the format `head` is."""
        found = find(self.layouts, head)
        return found.layout if found else None


class Joined:
    """What was read to recognize a file, and what is left of it."""

    def __init__(self, head: bytes, stream: Readable) -> None:
        self._head = BytesIO(head)
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        return self._head.read(size) or self._stream.read(size)


class Found(NamedTuple):
    """The header: its layout, the line it starts in, and how the file is written."""

    layout: Layout
    line: int
    delimiter: str
    quoted: bool
    mark: str


def find(layouts: Sequence[Layout], head: bytes) -> Found | None:
    """The header of a statement in its first bytes."""
    for delimiter in _DELIMITERS:
        for number, row in enumerate(rows(BytesIO(head), delimiter)):
            if number == _PREAMBLE:
                break
            if len(row.cells) < 3:
                continue
            pairs = [normalized(cell) for cell in row.cells]
            names = [name for name, _ in pairs]
            for layout in layouts:
                if fits(layout, pairs):
                    quoted = delimiter != "\t" or b'"' in _line(head, row.line)
                    sample = _sample(layout, names, head, delimiter, quoted, row.line)
                    return Found(layout, row.line, delimiter, quoted, values.decimal_mark(sample, delimiter))
    return None


def _line(head: bytes, number: int) -> bytes:
    text = head.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\x00", b"")
    lines = text.split(b"\n", number)
    return lines[number - 1] if number <= len(lines) else b""


def _sample(
    layout: Layout, names: Sequence[str], head: bytes, delimiter: str, quoted: bool, line: int
) -> Iterator[str]:
    columns = [layout.fields[field] for field in (*MONEY, "quantity") if field in layout.fields]
    wanted = {name for group in [*columns, *layout.sums.values()] for name in named(group)}
    places = [at for at, name in enumerate(names) if name in wanted]
    for number, row in enumerate(rows(BytesIO(head), delimiter, quoted)):
        if number == _SAMPLE:
            return
        if row.line > line and len(row.cells) == len(names):
            yield from (row.cells[at].removesuffix("%") for at in places)


class _Wrong(Exception):
    def __init__(self, column: str, expected: str, got: str) -> None:
        super().__init__(column, expected, got)
        self.column, self.expected, self.got = column, expected, got


class _Columns:
    """The columns of one file: where each field stands in a row."""

    def __init__(self, reader: str, found: Found, header: Sequence[str]) -> None:
        self._reader = reader
        self._mark = found.mark
        self._quoted = found.quoted
        layout = self._layout = found.layout
        pairs = [normalized(cell) for cell in header]
        self._names = [name for name, _ in pairs]
        self._width = len(header)
        self._kept = [
            (at, cell) for at, cell in enumerate(header) if not self._names[at].startswith(tuple(layout.drop))
        ] if layout.drop else None  # fmt: skip
        self._printed = list(header)
        place = {field: self._places(columns) for field, columns in layout.fields.items()}
        self._texts = [
            (field, place[field][0]) for field in TEXTS if len(place.get(field, ())) == 1 and field != "isrc"
        ]
        self._choices = [
            (field, place[field]) for field in TEXTS if len(place.get(field, ())) > 1 and field != "isrc"
        ]
        self._isrc = place.get("isrc", [])
        self._money = [(field, place[field]) for field in MONEY if place.get(field) and field != "share"]
        self._sums = [(field, self._places(columns)) for field, columns in layout.sums.items()]
        self._share = (place.get("share") or [-1])[0]
        self._quantity = (place.get("quantity") or [-1])[0]
        self._month = place.get("month", [])
        self._month_end = (place.get("month_end") or [-1])[0]
        self._negate = self._rule(layout.negate) if layout.negate else None
        self._notes = [(*rule, note[2]) for note in layout.notes if (rule := self._rule(note[:2]))]
        self._totals = [at for column in layout.totals for at in self._places(column)]
        money = [at for _, places in [*self._money, *self._sums] for at in places]
        inside = next((pairs[at][1] for at in money if pairs[at][1]), "")
        self._currency = inside or layout.currency

    def read(self, row: Row) -> StatementRow:
        if row.wrong:
            return _rejected(row.line, "", "a row of the statement", row.wrong)
        if len(row.cells) != self._width:
            kept = () if self._kept is not None else tuple(row.cells)
            return _rejected(row.line, "", f"{self._width} cells", f"{len(row.cells)} cells", kept)
        cells = (
            [cell.strip() for cell in row.cells] if self._quoted else [_unquoted(cell) for cell in row.cells]
        )
        for at, wanted, kind in self._notes:
            if cells[at].lower() in wanted:
                return StatementNote(row=row.line, kind=kind, cells=self._shown(row.cells))
        if self._totals and not any(cells[at] for at in self._totals):
            return StatementNote(row=row.line, kind="total", cells=self._shown(row.cells))
        try:
            return self._line(row, cells)
        except _Wrong as wrong:
            return _rejected(
                row.line,
                wrong.column,
                wrong.expected,
                wrong.got,
                self._shown(row.cells),
                self._refused(cells),
            )

    def _line(self, row: Row, cells: list[str]) -> StatementLine:
        line: dict[str, Any] = {field: cells[at] for field, at in self._texts}
        for field, places in self._choices:
            line[field] = next((cells[at] for at in places if cells[at]), "")
        line["isrc"] = self._code(cells)
        if (upc := line.get("upc")) and upc[:6].lower() == "empty:":
            line["upc"] = upc[6:].strip()
        line["month"], line["period"] = self._period(cells)
        quantity = self._whole(cells) if self._quantity >= 0 else 0
        for field, places in self._money:
            line[field] = self._amount(cells, places, field)
        for field, places in self._sums:
            parts = [self._number(cells, at) for at in places if cells[at] and cells[at] != "-"]
            line[field] = reduce(values.EXACT.add, parts) if parts else None
        if self._share >= 0:
            line["share"] = self._percent(cells)
        if self._negate and cells[self._negate[0]].lower() in self._negate[1]:
            quantity = -abs(quantity)
            for field in ("amount", "gross", "fee", "net"):
                if line.get(field):
                    line[field] = line[field].copy_abs().copy_negate()
        amount = line.pop("amount", None)
        if amount is None:
            raise _Wrong("amount", "an amount of money", "nothing")
        currency = (line.pop("currency", "") or self._currency).upper()
        if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise _Wrong("currency", "a code of three letters", currency)
        line.setdefault("service", self._layout.service)
        for field in ("territory", "artist", "title", "upc"):
            line.setdefault(field, "")
        for field in ("withheld", "recoup"):
            if line.get(field, _ZERO) is None:
                del line[field]
        return StatementLine(
            reader=self._reader,
            row=row.line,
            quantity=quantity,
            sign=-1 if quantity < 0 or amount < 0 else 1,
            amount=amount,
            currency=currency,
            right=self._layout.right,
            cells=tuple(zip(self._printed, row.cells, strict=True))
            if self._kept is None
            else tuple((name, row.cells[at]) for at, name in self._kept),
            **line,
        )

    def _refused(self, cells: Sequence[str]) -> str:
        """What stands in a refused row where the money would be: a plain number if it is one, else as it stands."""
        places = dict(self._money).get("amount")
        if places:
            parts = [next((cells[at] for at in places if cells[at]), "")]
        else:
            parts = [cells[at] for at in dict(self._sums).get("amount", []) if cells[at]]
        try:
            found = [_ZERO if part == "-" else values.written(part, self._mark) for part in parts]
        except ValueError:
            return " + ".join(parts)
        if not found:
            return ""
        amount = reduce(values.EXACT.add, found)
        if self._negate and cells[self._negate[0]].lower() in self._negate[1]:
            amount = amount.copy_abs().copy_negate()
        return str(amount)

    def _places(self, columns: str | Sequence[str]) -> list[int]:
        return [self._names.index(name) for name in named(columns) if name in self._names]

    def _rule(self, rule: Sequence[Any]) -> tuple[int, frozenset[str]] | None:
        places = self._places(rule[0])
        return (places[0], frozenset(rule[1])) if places else None

    def _shown(self, cells: Sequence[str]) -> tuple[str, ...]:
        return tuple(cells) if self._kept is None else tuple(cells[at] for at, _ in self._kept)

    def _code(self, cells: Sequence[str]) -> str:
        codes = [cells[at] for at in self._isrc]
        return next((code for words in codes if (code := _isrc(words))), codes[0] if codes else "")

    def _period(self, cells: Sequence[str]) -> tuple[str, str]:
        if not self._month:
            return "", ""
        at = next((at for at in self._month if cells[at]), self._month[0])
        month, period = self._one_month(cells, at)
        if self._month_end >= 0 and cells[self._month_end]:
            last, _ = self._one_month(cells, self._month_end)
            if last < month:
                raise _Wrong(
                    self._names[self._month_end], f"a month not before {month}", cells[self._month_end]
                )
            if last != month:
                return last, f"{month}/{last}"
        return month, period

    def _one_month(self, cells: Sequence[str], at: int) -> tuple[str, str]:
        try:
            return values.month(cells[at], self._layout.order)
        except ValueError:
            raise _Wrong(self._names[at], "a month such as 2026-05", cells[at]) from None

    def _whole(self, cells: Sequence[str]) -> int:
        words = cells[self._quantity]
        try:
            return values.whole(words, self._mark)
        except ValueError:
            raise _Wrong(self._names[self._quantity], "a whole number below 10^12", words) from None

    def _amount(self, cells: Sequence[str], places: Sequence[int], field: str) -> Decimal | None:
        """The first of the columns that holds something. An empty cell is not known, but where the money itself would
        be it is wrong."""
        for at in places:
            if cells[at]:
                # A spreadsheet writes a zero as a dash.
                return _ZERO if cells[at] == "-" else self._number(cells, at)
        if field == "amount":
            raise _Wrong(self._names[places[0]], _expected(self._mark), cells[places[0]])
        return None

    def _number(self, cells: Sequence[str], at: int) -> Decimal:
        try:
            return values.number(cells[at], self._mark)
        except ValueError:
            raise _Wrong(self._names[at], _expected(self._mark), cells[at]) from None

    def _percent(self, cells: Sequence[str]) -> Decimal | None:
        words = cells[self._share]
        if not words:
            return None
        try:
            value = values.number(words.removesuffix("%").strip(), self._mark)
        except ValueError:
            raise _Wrong(self._names[self._share], "a share in percent", words) from None
        kind = self._layout.share
        fraction = not words.endswith("%") and (kind == "fraction" or (kind == "either" and abs(value) <= 1))
        return values.EXACT.multiply(value, 100) if fraction else value


def _expected(mark: str) -> str:
    return f"an amount below 10^12 with a decimal {'point' if mark == '.' else 'comma'}"


def _unquoted(cell: str) -> str:
    cell = cell.strip()
    return cell[1:-1].replace('""', '"').strip() if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


@lru_cache(4096)
def _isrc(words: str) -> str:
    return identifiers.isrc(words)


def _rejected(
    line: int, column: str, expected: str, got: str, cells: tuple[str, ...] = (), amount: str = ""
) -> LineRejected:
    return LineRejected(
        row=line, column=column, expected=expected, got=got[:200], amount=amount[:120], cells=cells
    )
