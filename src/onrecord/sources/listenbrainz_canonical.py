# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canonical metadata of ListenBrainz, `canonical_musicbrainz_data.csv`: one row a recording, cut without reading.

A record's payload is two lines of the file: its header and the row, as they stand there. So it is a CSV file (RFC 4180)
that says what its columns are, though it is read years later.
"""

import csv
import io
from collections.abc import Iterator
from typing import Final, NamedTuple

from onrecord.errors import RecordRejected
from onrecord.model import identifiers
from onrecord.model.records import Claims, TrackClaim
from onrecord.sources import packed
from onrecord.sources.codes import Codes
from onrecord.sources.paging import Place, Unread

#: Longest row in bytes, the line breaks within quotation marks included.
LONGEST: Final = 64 * 1024
_NEEDED: Final = ("recording_mbid", "recording_name", "artist_credit_name")


class Row(NamedTuple):
    """A row: its line from 1, the place behind it, its payload. `wrong` says why not."""

    line: int
    behind: Place
    payload: bytes
    wrong: str = ""


def rows(file: Unread) -> Iterator[Row]:
    """The rows of the file behind the place that `file` names. A file of other columns gives one row that says so."""
    stream = file.part.stream
    offset, lines = file.behind.offset, file.behind.count
    try:
        header = stream.readline(LONGEST)
        if why := _foreign(header):
            yield Row(1, file.place(len(header), 1), b"", why)
            return
        if offset > len(header) and not packed.skip(stream, offset - len(header)):
            why = "shorter than at the last reading; read it from the start"
            yield Row(lines + 1, file.place(offset, lines), b"", why)
            return
        offset, lines = max(offset, len(header)), max(lines, 1)
        reading = _Lines(stream)
        while data := reading.row():
            line = lines + 1
            lines, offset = lines + max(data.count(b"\n"), 1), offset + len(data)
            place = file.place(offset, lines)
            if not data.endswith(b"\n"):
                why = _cut_off(data)
                yield Row(line, place, b"" if why else header + data, why)
            elif data.strip():
                yield Row(line, place, header + data)
    except packed.DAMAGE as error:
        yield Row(lines + 1, file.place(offset, lines), b"", packed.damage(error))


def fields(payload: bytes) -> dict[str, str]:
    """What the row of a payload says by column; RecordRejected where it is none of a recording."""
    try:
        read = list(csv.reader(io.StringIO(payload.decode("utf-8"), newline=""), strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise RecordRejected(f"not CSV: {error}") from error
    if len(read) != 2 or len(read[0]) != len(read[1]):
        raise RecordRejected(f"expected a header and a row of as many fields, got {list(map(len, read))[:4]}")
    row = dict(zip(*read, strict=True))
    if not all(name in row for name in _NEEDED):
        raise RecordRejected(f"expected the columns {', '.join(_NEEDED)}")
    if not identifiers.mbid(row["recording_mbid"]):
        raise RecordRejected(f"expected a UUID as recording_mbid, got {row['recording_mbid'][:60]!r}")
    return row


def claims(source: str, payload: bytes) -> Claims:
    row = fields(payload)
    mbid = identifiers.mbid(row["recording_mbid"])
    artists, codes = row.get("artist_mbids", "").strip("{}").split(","), Codes()
    codes.code(mbid, "mbid", artists[1:])
    track = TrackClaim(
        source=source,
        id=mbid,
        title=row["recording_name"],
        artist=row["artist_credit_name"],
        artist_id=codes.code(mbid, "mbid", artists[:1]),
        release=row.get("release_name", ""),
        release_id=codes.code(mbid, "mbid", [row.get("release_mbid", "")]),
        mbid=mbid,
    )
    return Claims(tracks=(track,), odd=codes.odd)


def _foreign(header: bytes) -> str:
    names = header.removeprefix(b"\xef\xbb\xbf").strip().split(b",")
    if all(name.encode() in names for name in _NEEDED):
        return ""
    return f"not read: expected the columns {', '.join(_NEEDED)}, got {header[:120]!r}"


class _Lines:
    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._again: list[bytes] = []

    def row(self) -> bytes:
        """The next row: a quotation mark that is open at the end of a line takes in the next line.

        One that does not close within a row's length was never meant to: only its line is lost.
        """
        lines, marks, size = [], 0, 0
        while line := self._line():
            lines.append(line)
            marks, size = marks + line.count(b'"'), size + len(line)
            if not marks % 2 or size > LONGEST:
                break
        if len(lines) > 1 and marks % 2:
            self._again += reversed(lines[1:])
            return lines[0]
        return b"".join(lines)

    def _line(self) -> bytes:
        return self._again.pop() if self._again else self._stream.readline(LONGEST + 1)


def _cut_off(data: bytes) -> str:
    if len(data) > LONGEST:
        return f"longer than {LONGEST} bytes, which no row is"
    return "cut off within quotation marks" if data.count(b'"') % 2 else ""
