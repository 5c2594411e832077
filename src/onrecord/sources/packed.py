# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens dumps as they are published: plain, gzip, bzip2, xz or zstd, with or without a tar inside; nothing is unpacked.

What a file is, its first bytes say. Memory is flat: a block, and what the compressor's window asks for.
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from backports import zstd

from onrecord.sources import tar_entries

#: What damaged or cut-off input raises while it is read.
DAMAGE: Final = (EOFError, OSError, zlib.error, lzma.LZMAError, zstd.ZstdError)
#: Most unpacked bytes for a packed one, once `FREE` were read: dumps of text reach a tenth of it, bombs ten times it.
MOST_UNPACKED: Final = 400
FREE: Final = 64 * 1024 * 1024
_BLOCK: Final = 256 * 1024
_ENDINGS: Final = (".gz", ".bz2", ".xz", ".zst")
#: xz at its highest preset needs 65 MB to unpack; a file that asks for more was made to hurt.
_XZ_MEMORY: Final = 256 * 1024 * 1024
_TAR_AT: Final = 257
#: What one read brings at least, so that a tar is known by its first header.
_ENOUGH: Final = 512


class Part(NamedTuple):
    """A file of a dump: the dump's file itself (`name` is ""), or a file in the tar, in its order from 0.

    `stream` is read before the next part is asked for. `refused` says why it must not be read, "" where it may.
    """

    name: str
    number: int
    stream: io.BufferedReader
    refused: str = ""


def parts(path: Path) -> Iterator[Part]:
    """Every file in the dump at `path`. What raises while reading is in `DAMAGE`."""
    with io.BufferedReader(io.FileIO(path), _BLOCK) as file:
        stream = _unpacked(file)
        if not _is_tar(stream):
            yield Part("", 0, stream)
            return
        for number, entry in enumerate(tar_entries.entries(stream)):
            yield Part(entry.name, number, entry.stream, entry.refused)


def skip(stream: io.BufferedReader, count: int) -> bool:
    """Goes `count` bytes on, by seeking where that is possible. False where the stream is shorter."""
    if stream.seekable():
        here = stream.tell()
        if stream.seek(0, io.SEEK_END) - here < count:
            return False
        stream.seek(here + count)
        return True
    while count:
        got = len(stream.read(min(count, _BLOCK)))
        if not got:
            return False
        count -= got
    return True


def again(stream: io.BufferedReader, head: bytes) -> io.BufferedReader:
    """The stream as it was before `head`, the first bytes of it, was read."""
    if stream.seekable():
        stream.seek(0)
        return stream
    return io.BufferedReader(_Again(head, stream), _BLOCK)


def plain_name(name: str) -> str:
    """The name of a file without the ending of its compressor."""
    return next((name.removesuffix(end) for end in _ENDINGS if name.endswith(end)), name)


def damage(error: BaseException) -> str:
    """Why reading ended early, and what to do about it."""
    return f"cut off or damaged ({error or type(error).__name__}); what stands before was read, fetch the file again"


def _is_tar(stream: io.BufferedReader) -> bool:
    return stream.peek(_ENOUGH)[_TAR_AT : _TAR_AT + 5] == b"ustar"


def _unpacked(file: "io.BufferedReader[Any]") -> io.BufferedReader:
    first = file.peek(6)
    for magic, start in _FORMATS.items():
        if first.startswith(magic):
            return io.BufferedReader(_Unpacking(file, start), _BLOCK)
    return file


class _Again(io.RawIOBase):
    """The bytes that were read from a stream already, then the others."""

    def __init__(self, head: bytes, stream: io.BufferedReader) -> None:
        self._head = head
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head[: len(buffer)] or self._stream.read1(len(buffer))
        self._head = self._head[len(data) :]
        buffer[: len(data)] = data
        return len(data)


class _Gzip:
    """zlib in the shape that the other decompressors have."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(31)
        self._left = b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out = self._inflate.decompress(self._left + data, max_length)
        self._left = self._inflate.unconsumed_tail
        return out

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        return not self._left

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data


_FORMATS: Final[dict[bytes, Callable[[], Any]]] = {
    b"\x1f\x8b": _Gzip,
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY),
    b"\x28\xb5\x2f\xfd": zstd.ZstdDecompressor,
}


class _Unpacking(io.RawIOBase):
    """Unpacks stream after stream (a dump may consist of several), and counts what comes out."""

    def __init__(self, file: "io.BufferedReader[Any]", start: Callable[[], Any]) -> None:
        self._file = file
        self._start = start
        self._stream = start()
        self._rest = b""
        self._in = 0
        self._out = 0
        self._failed: BaseException | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """What was unpacked before a fault is given first, and the fault is raised by the next read."""
        if self._failed:
            raise self._failed
        filled = 0
        try:
            while filled < min(_ENOUGH, len(buffer)):
                out = self._some(len(buffer) - filled)
                if not out:
                    break
                buffer[filled : filled + len(out)] = out
                filled += len(out)
        except DAMAGE as error:
            self._failed = error
            if not filled:
                raise
        return filled

    def _some(self, most: int) -> bytes:
        while not self._stream.eof or self._next_stream():
            if self._stream.needs_input and not self._rest:
                self._rest = self._read()
                if not self._rest:
                    raise EOFError("the compressed data ends in the middle")
            data, self._rest = self._rest, b""
            out: bytes = self._stream.decompress(data, most)
            if out:
                self._count(len(out))
                return out
        return b""

    def _read(self) -> bytes:
        data = self._file.read(_BLOCK)
        self._in += len(data)
        return data

    def _next_stream(self) -> bool:
        """Another stream may follow, or zeros that fill a block; anything else does not open as this format."""
        rest = bytes(self._stream.unused_data).lstrip(b"\0")
        while not rest:
            data = self._read()
            if not data:
                return False
            rest = data.lstrip(b"\0")
        self._stream, self._rest = self._start(), rest
        return True

    def _count(self, got: int) -> None:
        self._out += got
        if self._out > FREE and self._out > MOST_UNPACKED * self._in:
            raise OSError(
                f"refused: {self._in} bytes unpacked to more than {self._out}, "
                f"which is over {MOST_UNPACKED} times as much"
            )
