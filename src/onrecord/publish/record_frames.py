# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbatim records as JSON lines in small zstd frames, and the table that finds a frame (format clause 8.7).

`zstd -dc records.jsonl.zst` gives all lines; with the table one record costs one frame. Same records, same bytes.
"""

import base64
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import msgspec
from msgspec import Struct

from onrecord.durable import settle
from onrecord.engine.parquet import write_rows

#: Bytes of lines in a frame, unless one line alone is longer: of the sizes that were measured the best for one record.
FRAME: Final = 32 * 1024
#: One record in so many begins a frame wherever it stands, so that one more record changes the frames near it and not
#: all that follow: of fifty thousand records with fifty more a diff is 0.6 MB in place of 9, and the file 2 % longer.
_BEGINS: Final = 64
_LEVEL: Final = 3
#: Frames that a reader of the table takes in at least: half a megabyte.
_GROUP: Final = 16_384


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """A record as it leaves. `payload` is the source's answer as text where it is UTF-8, else (`encoding` `base64`) in
    base64; either way `sha256` is that of the bytes that the source sent."""

    source: str
    record: str
    license: str
    media_type: str
    version: str
    sha256: str
    encoding: str
    payload: str

    @property
    def content(self) -> bytes:
        return base64.b64decode(self.payload) if self.encoding == "base64" else self.payload.encode()


class Frame(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a frame is, and what it begins with."""

    frame: int
    source: str
    record: str
    rows: int
    offset: int
    size: int
    plain_size: int


def line(
    source: str, record: str, license: str, media_type: str, version: str, sha256: str, payload: bytes
) -> Line:
    """A record's line, from which its bytes can be had again."""
    try:
        text, encoding = payload.decode(), "utf-8"
    except UnicodeDecodeError:
        text, encoding = base64.b64encode(payload).decode(), "base64"
    return Line(source, record, license, media_type, version, sha256, encoding, text)


def write_records(lines: Iterable[Line], records: Path, frames: Path) -> int:
    """Write the lines, which come in the order of source and record, and the table of their frames.

    Memory is a frame, and the part of the table that is written together. Gives the number of frames.
    """
    records.parent.mkdir(parents=True, exist_ok=True)
    part = records.with_name(records.name + ".part")
    with part.open("wb") as file:
        _, count = write_rows(frames, Frame, _written(lines, file), batch=_GROUP)
        if not count:
            # A file of no bytes is no zstd.
            file.write(_compressed(b""))
    settle(part, records)
    return count


def _written(lines: Iterable[Line], file: IO[bytes]) -> Iterator[Frame]:
    offset = 0
    for number, (first, rows, plain) in enumerate(_cut(lines)):
        packed = _compressed(plain)
        file.write(packed)
        yield Frame(number, first.source, first.record, rows, offset, len(packed), len(plain))
        offset += len(packed)


def _cut(lines: Iterable[Line]) -> Iterator[tuple[Line, int, bytes]]:
    """First line, number of lines and bytes of each frame."""
    waiting: list[bytes] = []
    first: Line | None = None
    size = 0
    for item in lines:
        text = msgspec.json.encode(item) + b"\n"
        if first is not None and (size + len(text) > FRAME or _begins(item)):
            yield first, len(waiting), b"".join(waiting)
            first, waiting, size = None, [], 0
        first = first or item
        waiting.append(text)
        size += len(text)
    if first is not None:
        yield first, len(waiting), b"".join(waiting)


def _begins(item: Line) -> bool:
    return zlib.crc32(f"{item.source}\n{item.record}".encode()) % _BEGINS == 0


def _compressed(plain: bytes) -> bytes:
    """One frame, with its plain size in its head. The library is the one that the manifest names as an engine."""
    import pyarrow as pa

    codec: Any = pa.Codec("zstd", compression_level=_LEVEL)
    packed: bytes = codec.compress(plain, asbytes=True)
    return packed
