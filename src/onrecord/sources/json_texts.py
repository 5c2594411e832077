# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts a dump into JSON texts: one document, or JSON lines; plain or packed; memory stays flat."""

import io
import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from onrecord.sources import packed

#: Longest JSON text that is read, in bytes. The largest MusicBrainz releases are a few megabytes.
LONGEST: Final = 32 * 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"
_SKIP: Final = 1024 * 1024


class Text(NamedTuple):
    """One text: where it starts (line, from 1), the offset and line count behind it, and its bytes.

    `wrong` says why there are no bytes; what stands before it was read.
    """

    line: int
    offset: int
    lines: int
    data: bytes
    wrong: str = ""


def texts_in(
    stream: io.BufferedReader, offset: int = 0, lines: int = 0, *, document: bool = False
) -> Iterator[Text]:
    """The JSON texts of a stream that is at its start, going on behind `offset` (in the unpacked bytes) and `lines`.

    `document` says that it may be one document: it is one where its first line is no whole JSON value. Every other
    stream holds a text a line. A packed stream cannot be sought in: what stands before `offset` is unpacked again, and
    passed over.
    """
    try:
        if offset and not packed.skip(stream, offset):
            yield Text(
                lines + 1, offset, lines, b"", "shorter than at the last reading; read it from the start"
            )
            return
        for text in _cut(stream, offset, lines, document):
            yield text
            offset, lines = text.offset, text.lines
    except packed.DAMAGE as error:
        yield Text(lines + 1, offset, lines, b"", packed.damage(error))


def may_be_document(name: str) -> bool:
    """Whether a file of this name may hold one JSON document over several lines."""
    return packed.plain_name(name.lower()).endswith(".json")


def _cut(stream: io.BufferedReader, offset: int, lines: int, document: bool) -> Iterator[Text]:
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


def _document(stream: io.BufferedReader, first: bytes) -> Text:
    rest = stream.read(max(LONGEST + 1 - len(first), 0))
    data = first + rest
    if len(data) > LONGEST:
        end = len(data)
        while passed := stream.read(_SKIP):
            end += len(passed)
        why = f"one JSON document of more than {LONGEST} bytes; expected one record or JSON lines"
        return Text(1, end, 1, b"", why)
    return Text(1, len(data), data.count(b"\n") + 1, data.removeprefix(_BOM).strip())


def _whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _skip_line(stream: io.BufferedReader) -> int:
    skipped = 0
    while part := stream.readline(_SKIP):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped
