# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts a CSV file into rows, byte for byte, quoted line breaks kept; each row comes with the header above it.

A row alone says nothing without its column names, so header and row together are the record: a table of one row, in
the source's own bytes.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from onrecord.errors import RecordRejected
from onrecord.sources.json_texts import Text

#: Longest row in bytes. The longest of the Free Music Archive, with a label's whole biography, have some ten thousand.
LONGEST: Final = 1024 * 1024
#: RFC 4180. The quantifiers give nothing back, so that no text takes longer than its length.
_CELL = re.compile(r'"((?:[^"]++|"")*+)"|([^",\r\n]*+)')


def head(path: Path, lines: int) -> list[bytes]:
    """The first lines of a file, with their ends; each at most LONGEST bytes of it."""
    try:
        with path.open("rb") as stream:
            return [line for line in (stream.readline(LONGEST) for _ in range(lines)) if line]
    except OSError:
        return []


def texts(path: Path, header: list[bytes], offset: int, lines: int) -> Iterator[Text]:
    """A table of one row for each row behind the header, going on behind `offset` bytes and `lines`.

    What is no row of as many cells as the header has costs its first line; reading goes on with the next, so that a
    stray quote, which turns inside and outside about, does not take the rest of the file with it.
    """
    above = b"".join(header)
    width = len(rows(above)[0])
    try:
        with path.open("rb") as stream:
            offset, lines = (offset, lines) if offset else (len(above), len(header))
            stream.seek(offset)
            while (row := _row(stream, width)).data:
                start, lines, offset = lines + 1, lines + (row.data.count(b"\n") or 1), stream.tell()
                if row.wrong:
                    yield Text(start, offset, lines, b"", row.wrong)
                elif row.data.strip():
                    yield Text(start, offset, lines, above + row.data)
    except OSError as error:
        yield Text(lines + 1, offset, lines, b"", f"cannot be read: {error.strerror}")


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


def _row(stream: BinaryIO, width: int) -> _Row:
    """The next row; where there is none its first line and the reason, and the stream stands behind that line."""
    first = stream.readline(LONGEST)
    if len(first) == LONGEST and not first.endswith(b"\n"):
        while (part := stream.readline(LONGEST)) and not part.endswith(b"\n"):
            pass
        return _Row(first, f"a line of more than {LONGEST} bytes, which no row is")
    behind = stream.tell()
    parts, size, quotes = [first], len(first), first.count(b'"')
    while quotes % 2 and size < LONGEST and (line := stream.readline(LONGEST)):
        parts.append(line)
        size += len(line)
        quotes += line.count(b'"')
    row = b"".join(parts)
    wrong = f"a quote that is not closed within {LONGEST} bytes: damaged, or cut off here"
    if quotes % 2 == 0:
        wrong = _wrong(row, width)
    if not wrong:
        return _Row(row)
    stream.seek(behind)
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
