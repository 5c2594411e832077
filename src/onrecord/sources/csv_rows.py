# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts a CSV file into rows, byte for byte, quoted line breaks kept; each row comes with the header above it.

A row alone says nothing without its column names, so header and row together are the record: a table of one row, in
the source's own bytes.
"""

import contextlib
import io
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from onrecord.errors import RecordRejected
from onrecord.sources import packed
from onrecord.sources.json_texts import Text

#: Longest row in bytes. The longest of the Free Music Archive, with a label's whole biography, have some ten thousand.
LONGEST: Final = 1024 * 1024
#: RFC 4180. The quantifiers give nothing back, so that no text takes longer than its length.
_CELL = re.compile(r'"((?:[^"]++|"")*+)"|([^",\r\n]*+)')


def head(stream: io.BufferedReader, lines: int) -> list[bytes]:
    """The first lines of a stream, with their ends; each at most LONGEST bytes of it. Fewer where it is damaged."""
    found: list[bytes] = []
    with contextlib.suppress(*packed.DAMAGE):
        while len(found) < lines and (line := stream.readline(LONGEST)):
            found.append(line)
    return found


def texts(stream: io.BufferedReader, header: list[bytes], offset: int, lines: int) -> Iterator[Text]:
    """A table of one row for each row of a stream that is at its start, going on behind `offset` bytes and `lines`.

    What is no row of as many cells as the header has costs its first line; reading goes on with the next, so that a
    stray quote, which turns inside and outside about, does not take the rest of the file with it.
    """
    above = b"".join(header)
    width = len(rows(above)[0])
    offset, lines = (offset, lines) if offset else (len(above), len(header))
    reading = _Lines(stream, offset)
    try:
        if not packed.skip(stream, offset):
            why = "shorter than at the last reading; read it from the start"
            yield Text(lines + 1, offset, lines, b"", why)
            return
        while (row := _row(reading, width)).data:
            start, lines, offset = lines + 1, lines + (row.data.count(b"\n") or 1), reading.offset
            if row.wrong:
                yield Text(start, offset, lines, b"", row.wrong)
            elif row.data.strip():
                yield Text(start, offset, lines, above + row.data)
    except packed.DAMAGE as error:
        yield Text(lines + 1, offset, lines, b"", packed.damage(error))


def rows(payload: bytes) -> list[list[str]]:
    """The cells of every row of a table, the header's among them. RecordRejected where it is no CSV of RFC 4180."""
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordRejected(
            f"expected UTF-8, got the byte 0x{payload[error.start]:02x} at byte {error.start}"
        ) from error
    found: list[list[str]] = [[]]
    at = 0
    while True:
        match = _CELL.match(text, at)
        assert match  # it matches nothing at least
        found[-1].append(match[2] if match[1] is None else match[1].replace('""', '"'))
        at = match.end()
        behind = text[at : at + 2]
        if behind[:1] == ",":
            at += 1
        elif behind[:1] == "\n" or behind == "\r\n":
            at += 1 if behind[:1] == "\n" else 2
            if at == len(text):
                return found
            found.append([])
        elif not behind:
            return found
        else:
            raise RecordRejected(
                f"not CSV: {behind[:1]!r} stands where a cell has ended, in row {len(found)}"
            )


class _Row(NamedTuple):
    data: bytes
    wrong: str = ""


class _Lines:
    """The lines of a stream that may be packed, and so cannot be sought in; lines that are given back come again."""

    def __init__(self, stream: io.BufferedReader, offset: int) -> None:
        self._stream = stream
        self._back: list[bytes] = []
        self.offset = offset

    def next(self) -> bytes:
        """Up to LONGEST bytes of a line; b"" at the end."""
        line = self._back.pop() if self._back else self._stream.readline(LONGEST)
        self.offset += len(line)
        return line

    def give_back(self, lines: list[bytes]) -> None:
        self._back += reversed(lines)
        self.offset -= sum(map(len, lines))


def _row(lines: _Lines, width: int) -> _Row:
    """The next row; where there is none its first line and the reason, and what stands behind that line is next."""
    first = lines.next()
    if len(first) == LONGEST and not first.endswith(b"\n"):
        while (part := lines.next()) and not part.endswith(b"\n"):
            pass
        return _Row(first, f"a line of more than {LONGEST} bytes, which no row is")
    parts, size, quotes = [first], len(first), first.count(b'"')
    while quotes % 2 and size < LONGEST and (line := lines.next()):
        parts.append(line)
        size += len(line)
        quotes += line.count(b'"')
    row = b"".join(parts)
    wrong = f"a quote that is not closed within {LONGEST} bytes: damaged, or cut off here"
    if quotes % 2 == 0:
        wrong = _wrong(row, width)
    if not wrong:
        return _Row(row)
    lines.give_back(parts[1:])
    return _Row(first, wrong)


def _wrong(row: bytes, width: int) -> str:
    if not row.strip():
        return ""
    try:
        found = rows(row)
    except RecordRejected as reason:
        return reason.message
    if len(found) == 1 and len(found[0]) == width:
        return ""
    return f"expected a row of {width} cells, got {len(found[0])}: damaged, or cut off here"
