# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delimited text of unsure encoding and line ends, row by row with line numbers, in flat memory and without raising."""

import csv
import io
from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

#: Longest line in characters and longest cell; a statement's lines have a few hundred.
LONGEST: Final = 1024 * 1024
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
#: Bytes that tell UTF-16 without a mark, and how many zeros it takes.
_HEAD: Final = 512
_ZEROS: Final = 3


class Readable(Protocol):
    """All that is asked of a stream of bytes."""

    def read(self, size: int = ..., /) -> bytes: ...


class Row(NamedTuple):
    """`line` is where the row starts, from 1. `wrong` says why there are no cells."""

    line: int
    cells: list[str]
    wrong: str = ""


def rows(stream: Readable, delimiter: str, quoted: bool = True) -> Iterator[Row]:
    """Rows of CSV or TSV; line ends may be LF, CR LF or CR alone; empty lines are left out.

    A cell is UTF-8, and Latin-1 where it is not: statements mix both. UTF-16 is known by its mark or its zero bytes;
    what is broken in it becomes U+FFFD. Where cells are not `quoted`, a quotation mark is a character like others, and
    a row is a line.
    """
    lines = _Lines(stream)
    parser = csv.reader(
        iter(lines),
        delimiter=delimiter,
        strict=False,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
    )
    while True:
        line = lines.number + 1
        try:
            cells = next(parser, None)
        except (csv.Error, UnicodeError) as error:
            yield Row(line, [], str(error))
            if lines.broken:
                return
            continue
        if lines.overlong:
            yield Row(lines.overlong, [], f"a line of more than {LONGEST} characters")
            lines.overlong = 0
        elif cells is None:
            return
        elif lines.ended:  # the parser asks for another line only where a cell is not at its end
            yield Row(line, [], "a quotation mark is opened in this row and not closed")
        elif cells:
            yield Row(line, [cell if cell.isascii() else lines.decoded(cell) for cell in cells])


def encoding(head: bytes) -> str:
    """The encoding to take a text's bytes apart into lines: a UTF-16, or `latin-1` for every other."""
    if head[:2] in _MARKS:
        return "utf-16"
    first, second = head[:_HEAD:2].count(0), head[1:_HEAD:2].count(0)
    if first + second < _ZEROS:
        return "latin-1"
    # The letters, digits, delimiters and line ends of Western text have a zero for their high byte.
    return "utf-16-le" if second > 4 * first else "utf-16-be" if first > 4 * second else "latin-1"


class _Lines:
    """Iterates over lines and knows the number of the last; cuts off what is too long to be a line."""

    def __init__(self, stream: Readable) -> None:
        head = stream.read(_HEAD)
        name = encoding(head)
        self._wide = name != "latin-1"
        source = io.BufferedReader(_Again(head, stream))
        self._text = io.TextIOWrapper(source, name, errors="replace", newline="")
        self.number = 0
        self.overlong = 0
        self.broken = False
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        while line := self._line():
            self.number += 1
            if len(line) > LONGEST:
                self.overlong = self.number
                while not line.endswith(("\n", "\r")) and (line := self._line()):
                    pass
                line = "\n"
            yield line
        self.ended = True

    def decoded(self, cell: str) -> str:
        if self._wide:
            return cell
        try:
            return cell.encode("latin-1").decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError:
            return cell

    def _line(self) -> str:
        try:
            return self._text.readline(LONGEST + 1)
        except (UnicodeError, OSError):
            self.broken = True
            raise


class _Again(io.RawIOBase):
    """A stream whose first bytes were read already. It does not close what it was given."""

    def __init__(self, head: bytes, stream: Readable) -> None:
        self._head = head
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        data = self._head or self._stream.read(len(view))
        data, self._head = data[: len(view)], data[len(view) :]
        view[: len(data)] = data
        return len(data)
