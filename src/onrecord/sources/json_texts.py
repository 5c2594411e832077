# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts a dump into JSON texts: a file that is one document, or JSON lines; plain or gzip; memory stays flat."""

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

#: Longest JSON text that is read, in bytes. The largest MusicBrainz releases are a few megabytes.
LONGEST: Final = 32 * 1024 * 1024
_GZIP: Final = b"\x1f\x8b"
_BOM: Final = b"\xef\xbb\xbf"


class Text(NamedTuple):
    """One text: where it starts (line, from 1), the offset and line count behind it, and its bytes.

    `wrong` says why there are no bytes; what stands before it was read.
    """

    line: int
    offset: int
    lines: int
    data: bytes
    wrong: str = ""


def texts(path: Path, offset: int = 0, lines: int = 0) -> Iterator[Text]:
    """The JSON texts of a file, going on behind `offset` (in the unpacked bytes) and `lines`.

    A `.json` file whose first line is no whole JSON value is one document; every other file holds a text a line.
    """
    try:
        with _opened(path) as stream:
            if offset and stream.seek(offset) != offset:
                yield Text(
                    lines + 1, offset, lines, b"", "shorter than at the last reading; read it from the start"
                )
                return
            for text in _cut(stream, offset, lines, _may_be_document(path)):
                yield text
                offset, lines = text.offset, text.lines
    except (EOFError, OSError, zlib.error) as error:
        why = f"cut off or damaged ({error or type(error).__name__}); what stands before was read, fetch the file again"
        yield Text(lines + 1, offset, lines, b"", why)


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP
    return cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb")


def _may_be_document(path: Path) -> bool:
    names = [suffix.lower() for suffix in path.suffixes]
    return names[-1:] == [".json"] or names[-2:] == [".json", ".gz"]


def _cut(stream: BinaryIO, offset: int, lines: int, document: bool) -> Iterator[Text]:
    while line := stream.readline(LONGEST + 1):
        start, lines, offset = lines + 1, lines + 1, offset + len(line)
        if offset == len(line) and document and not _whole(line):
            yield _document(stream, line)
            return
        if len(line) > LONGEST:
            offset += _skip_line(stream)
            yield Text(start, offset, lines, b"", f"longer than {LONGEST} bytes, which no record is")
            continue
        data = line.removeprefix(_BOM).strip() if offset == len(line) else line.strip()
        if data:
            yield Text(start, offset, lines, data)


def _document(stream: BinaryIO, first: bytes) -> Text:
    rest = stream.read(max(LONGEST + 1 - len(first), 0))
    data = first + rest
    if len(data) > LONGEST:
        end = stream.seek(0, io.SEEK_END)
        return Text(
            1,
            end,
            1,
            b"",
            f"one JSON document of more than {LONGEST} bytes; expected one record or JSON lines",
        )
    return Text(1, len(data), data.count(b"\n") + 1, data.removeprefix(_BOM).strip())


def _whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _skip_line(stream: BinaryIO) -> int:
    skipped = 0
    while part := stream.readline(1024 * 1024):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped
