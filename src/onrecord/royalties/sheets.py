# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that reads one workbook for `workbooks`: from standard input, as CSV to standard output, confined.

A small file may describe a table of a trillion cells, or a million times the same long text. What is not bounded by
looking at the file first is bounded by what this process may take.
"""

import csv
import datetime
import io
import math
import re
import struct
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum

from onrecord.audio.confine import address_space, confine, die_with_parent
from onrecord.royalties.statements.values import DECIMALS, clear_mark, number

#: What goes to standard output: a kind, a length, and so many bytes.
FRAME: Final = struct.Struct("<cI")
SHEET, DATA, UNREADABLE, FAULT, END = b"S", b"D", b"U", b"F", b"E"
#: Bytes of address space beyond the process's own, and seconds of CPU.
MEMORY: Final = 3 << 30
SECONDS: Final = 600.0

#: Significant digits that a spreadsheet keeps of what is typed in, and shows of what it calculates.
_DIGITS: Final = 15
_WHOLE: Final = 2**53
_SAMPLE: Final = 1000
_BLOCK: Final = 1 << 20
_BREAKS: Final = re.compile(r"[\r\n]+")

Cell = float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta


def main() -> None:
    die_with_parent()
    confine(address_space() + MEMORY, SECONDS, 3)
    try:
        with open(0, "rb", closefd=False) as file:
            for kind, data in read(file):
                _send(kind, data)
    except PasswordError:
        _send(FAULT, b"it is locked with a password; save it without one")
    except (CalamineError, OSError, ValueError) as error:
        _send(FAULT, f"it is damaged: {error}"[:300].encode())
    _send(END, b"")


def read(file: io.BufferedReader) -> Iterator[tuple[bytes, bytes]]:
    """The frames of every sheet that holds something: its name, then its rows as CSV, or why it cannot be read."""
    with CalamineWorkbook.from_filelike(file) as book:
        for at, about in enumerate(book.sheets_metadata):
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_index(at)
            if not sheet.height:
                continue
            yield SHEET, about.name.encode()
            if len(marks := _marks(sheet)) > 1:
                yield UNREADABLE, b"numbers are written as text, some with a decimal comma, some with a point"
            else:
                yield from _csv(sheet, marks.pop() if marks else ".")


def text(cell: Cell, mark: str = ".") -> str:
    """A cell in words. Numbers have 15 significant digits, or all where they are whole: what lies behind is the noise
    of binary fractions, 0.30000000000000004 for 0.1 + 0.2. Dates are ISO 8601; line breaks become spaces, so that a
    row of the sheet is a line of the text."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float | int):
        return _digits(cell).replace(".", mark)
    if isinstance(cell, datetime.datetime):
        day = cell.time() == datetime.time()
        return cell.date().isoformat() if day else cell.isoformat(" ", "seconds")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return _BREAKS.sub(" ", str(cell))


def _digits(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < _WHOLE:
        return str(int(value))
    exact = Decimal(f"{value:.{_DIGITS}g}")
    exponent = exact.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DECIMALS:
        exact = round(exact, DECIMALS).normalize()
    return f"{exact:f}"


def _csv(sheet: CalamineSheet, mark: str) -> Iterator[tuple[bytes, bytes]]:
    """A row of the sheet is a line, empty ones too, so that numbers of rows are those that a spreadsheet shows.

    The delimiter goes with the decimal mark, so that 1,234 and 1.234 are read as the number that the cell holds.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if mark == "," else ",", lineterminator="\n")
    for row in sheet.iter_rows():
        cells = [text(cell, mark) for cell in row]
        if any(cells):
            writer.writerow(cells)
        else:
            out.write("\n")
        if out.tell() > _BLOCK:
            yield DATA, out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield DATA, out.getvalue().encode()


def _marks(sheet: CalamineSheet) -> set[str]:
    """The decimal marks of numbers that are texts, in columns that mostly hold numbers: a title may be `7,5`."""
    return {
        mark for column in zip(*islice(sheet.iter_rows(), _SAMPLE), strict=True) for mark in _mark(column)
    }


def _mark(column: Sequence[Cell]) -> set[str]:
    numbers, others, marks = 0, 0, set()
    for cell in column:
        if isinstance(cell, str):
            words = cell.removesuffix("%")
            alike = any(_is_number(words, mark) for mark in ".,")
            numbers, others = numbers + alike, others + bool(words and not alike)
            marks.add(clear_mark(words) if alike else "")
        else:
            numbers += 1
    return marks - {""} if numbers > others else set()


def _is_number(words: str, mark: str) -> bool:
    try:
        number(words, mark)
    except ValueError:
        return False
    return True


def _send(kind: bytes, data: bytes) -> None:
    sys.stdout.buffer.write(FRAME.pack(kind, len(data)) + data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
