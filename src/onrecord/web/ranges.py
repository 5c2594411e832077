# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Byte ranges (RFC 9110, section 14) with bounded work: whole, one part, or a few parts of one open file."""

import os
import re
import stat
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Final, Protocol

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from onrecord.errors import IntegrityError
from onrecord.web.lanes import listening

#: A request for more parts gets the whole file: one pass over the bytes instead of thousands of seeks.
MOST_PARTS: Final = 16
_CHUNK: Final = 128 * 1024
_SPEC = re.compile(r"\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.ASCII)


def parts(header: str, size: int) -> list[tuple[int, int]] | None:
    """Half-open (start, end) pairs in file order, overlaps merged.

    None where the header is to be ignored (malformed, backward, another unit, too many parts), an empty list where
    no part lies in the file.
    """
    unit, _, specs = header.partition("=")
    if unit.strip().lower() != "bytes" or len(header) > 1000 or specs.count(",") >= MOST_PARTS:
        return None
    found: list[tuple[int, int]] = []
    for spec in specs.split(","):
        match = _SPEC.fullmatch(spec)
        if match is None or match[0].strip() == "-":
            return None
        first, last = match[1], match[2]
        if first and last and int(last) < int(first):
            return None
        start = int(first) if first else max(size - int(last), 0)
        end = min(int(last) + 1, size) if first and last else size
        if start < end:
            found.append((start, end))
    return _merged(found)


def answer(request: Request, source: "Path | Source", headers: dict[str, str], media_type: str) -> Response:
    """200, 206, 304 or 416 for one file, or for what can be read in parts. `headers` must hold a strong ETag.

    A file is opened once and never through a link, so size and bytes are of the same file whatever happens to its
    name. One that cannot be opened raises `IntegrityError`.
    """
    headers = {**headers, "Accept-Ranges": "bytes"}
    if _matches(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    opened = _File(_open(source)) if isinstance(source, Path) else source
    size = opened.size
    wanted = None
    if request.method == "GET" and request.headers.get("if-range", headers["ETag"]) == headers["ETag"]:
        wanted = parts(request.headers.get("range", ""), size)
    if wanted is None:
        whole = [(0, size)] if request.method == "GET" else []
        return _Bytes(opened, whole, 200, headers | {"Content-Length": str(size)}, media_type)
    if not wanted:
        _close(opened)
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    if len(wanted) > 1:
        return _multipart(opened, wanted, size, headers, media_type)
    start, end = wanted[0]
    headers |= {"Content-Range": f"bytes {start}-{end - 1}/{size}", "Content-Length": str(end - start)}
    return _Bytes(opened, wanted, 206, headers, media_type)


class Source(Protocol):
    """What can be read in parts."""

    @property
    def size(self) -> int: ...

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to `end`. What stands in the way at the beginning is raised by the call."""


class _File:
    """An open file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size

    def read(self, start: int, end: int) -> Iterator[bytes]:
        self._file.seek(start)
        while start < end:
            chunk = self._file.read(min(_CHUNK, end - start))
            if not chunk:  # cut short under us: end the connection rather than fill up with something else
                raise IntegrityError(f"{self._file.name}: ended at byte {start}, expected {end}")
            start += len(chunk)
            yield chunk

    def close(self) -> None:
        self._file.close()


class _Bytes(StreamingResponse):
    """Streams pieces of a source and closes it, also when the listener leaves in the middle."""

    def __init__(
        self,
        source: Source,
        pieces: list[tuple[int, int] | bytes] | list[tuple[int, int]],
        status: int,
        headers: dict[str, str],
        media_type: str,
    ) -> None:
        self._source = source
        try:
            chunks = _read(source, list(pieces))
            # What is made while it is read takes its time, so that stays where other work is done.
            content = _apart(chunks) if isinstance(source, _File) else chunks
            super().__init__(content, status, headers, media_type)
        except BaseException:
            _close(source)
            raise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["method"] == "HEAD":
                await Response(status_code=self.status_code, headers=self.headers)(scope, receive, send)
            else:
                await super().__call__(scope, receive, send)
        finally:
            _close(self._source)


def _multipart(
    source: Source, wanted: list[tuple[int, int]], size: int, headers: dict[str, str], media_type: str
) -> Response:
    boundary = token_hex(16)
    pieces: list[tuple[int, int] | bytes] = []
    for start, end in wanted:
        head = f"Content-Type: {media_type}\r\nContent-Range: bytes {start}-{end - 1}/{size}"
        pieces += [f"\r\n--{boundary}\r\n{head}\r\n\r\n".encode("latin-1"), (start, end)]
    pieces.append(f"\r\n--{boundary}--\r\n".encode())
    length = sum(len(piece) if isinstance(piece, bytes) else piece[1] - piece[0] for piece in pieces)
    headers = headers | {"Content-Length": str(length)}
    return _Bytes(source, pieces, 206, headers, f"multipart/byteranges; boundary={boundary}")


async def _apart(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Files are read where listeners are served."""
    while chunk := await listening(partial(next, chunks, b"")):
        yield chunk


def _read(source: Source, pieces: list[tuple[int, int] | bytes]) -> Iterator[bytes]:
    """The first part is asked for at once: what is not there is said before the answer begins."""
    begun = next((source.read(*piece) for piece in pieces if not isinstance(piece, bytes)), iter(()))
    return _all(source, pieces, begun)


def _all(source: Source, pieces: list[tuple[int, int] | bytes], begun: Iterator[bytes]) -> Iterator[bytes]:
    first = True
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        yield from begun if first else source.read(*piece)
        first = False


def _close(source: Source) -> None:
    if isinstance(source, _File):
        source.close()


def _merged(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _matches(header: str, etag: str) -> bool:
    tags = (tag.strip().removeprefix("W/") for tag in header.split(","))
    return header.strip() == "*" or etag in tags


def _open(path: Path) -> BinaryIO:
    try:
        # NONBLOCK: a pipe or device under a blob's name must not hang the server.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as problem:
        raise IntegrityError(f"{path.name}: expected a file, {problem.strerror}") from problem
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IntegrityError(f"{path.name}: expected a file, found something else")
    return os.fdopen(descriptor, "rb")
