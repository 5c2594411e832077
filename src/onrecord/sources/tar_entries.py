# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a tar (POSIX.1-2017 pax and ustar, GNU long names), one after the other as they stream by.

Nothing is written, so a name is never a path; names, links and sizes that were made to hurt are refused all the same,
because they say that the whole is not what a publisher packed.
"""

import io
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

_BLOCK: Final = 512
_SKIP: Final = 256 * 1024
#: Most files, and the longest header that describes one (a pax record or a GNU long name), in bytes.
MOST: Final = 65_536
LONGEST_HEADER: Final = 64 * 1024
_KINDS: Final = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a pipe",
    b"S": "a sparse file",
}


class Entry(NamedTuple):
    """A file in a tar. `stream` ends where the file ends; it is good until the next entry is asked for."""

    name: str
    stream: io.BufferedReader
    refused: str = ""


def entries(stream: io.BufferedReader) -> Iterator[Entry]:
    """Every file and everything that is no file but claims to be one; folders are passed over.

    EOFError where the tar ends in the middle, OSError where a header is none. Names are printable, duplicates refused.
    """
    seen: set[str] = set()
    longer: dict[str, str] = {}
    while header := _header(stream):
        kind, size = header[156:157], _number(header[124:136])
        if kind in b"xgLK":
            text = _text(stream, size)
            if kind == b"x":
                longer.update(_pax(text))
            elif kind == b"L":
                longer["path"] = _printable(text.split(b"\0", 1)[0])
            continue
        if longer.get("size", "").isdecimal():
            size = int(longer["size"][:20])
        name, longer = longer.get("path") or _name(header), {}
        body = _Body(stream, size)
        if kind != b"5":
            yield Entry(name, io.BufferedReader(body, _SKIP), _refused(name, kind, seen))
            seen.add(name)
        body.finish()
        if len(seen) > MOST:
            raise OSError(f"refused: more than {MOST} files in one tar")


class _Body(io.RawIOBase):
    """The bytes of one file, bounded by what its header says."""

    def __init__(self, stream: io.BufferedReader, size: int) -> None:
        self._stream = stream
        self._size = size
        self._at = 0
        self._start = stream.tell() if stream.seekable() else 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        self._stream.seek(self._start + self._at)
        return self._at

    def readinto(self, buffer: Any) -> int:
        room = min(len(buffer), self._size - self._at)
        if room <= 0:
            return 0
        data = self._stream.read1(room)
        if not data:
            raise EOFError("the tar ends in the middle of a file")
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def finish(self) -> None:
        """Goes to the next header: over what was not read, and over the filling up to a whole block."""
        end = self._size + -self._size % _BLOCK
        if self._stream.seekable():
            if self._stream.seek(0, io.SEEK_END) < self._start + self._size:
                raise EOFError("the tar ends in the middle of a file")
            self._stream.seek(self._start + end)
            return
        left = end - self._at
        while left > 0:
            data = self._stream.read1(min(left, _SKIP))
            if not data:
                raise EOFError("the tar ends in the middle of a file")
            left -= len(data)


def _header(stream: io.BufferedReader) -> bytes:
    """The next header, b"" at the end; two empty blocks end a tar, and so does the file where it was cut tidily."""
    block = stream.read(_BLOCK)
    if not block.strip(b"\0"):
        if not block:
            raise EOFError("the tar has no end mark")
        return b""
    total = sum(block[:148]) + 8 * 0x20 + sum(block[156:])
    if len(block) < _BLOCK or _number(block[148:156]) != total:
        raise OSError("a header of the tar is damaged")
    return block


def _number(field: bytes) -> int:
    if field[0] & 0x80:  # GNU: base 256 where octal digits do not suffice
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if digits.strip(b"01234567"):
        raise OSError("a number in the tar is damaged")
    return int(digits or b"0", 8)


def _text(stream: io.BufferedReader, size: int) -> bytes:
    if size > LONGEST_HEADER:
        raise OSError(f"refused: a header of {size} bytes in the tar, expected at most {LONGEST_HEADER}")
    text = stream.read(size)
    if len(text) < size:
        raise EOFError("the tar ends in the middle of a header")
    stream.read(-size % _BLOCK)
    return text


def _pax(text: bytes) -> dict[str, str]:
    """Records are `LENGTH KEY=VALUE\\n` (POSIX.1-2017, pax, "pax Extended Header"); only path and size matter here."""
    found = {}
    while text:
        length, _, rest = text.partition(b" ")
        count = int(length) if length.isdigit() and len(length) < 8 else 0
        if not len(length) + 1 < count <= len(text):
            raise OSError("an extended header of the tar is damaged")
        key, _, value = rest[: count - len(length) - 2].partition(b"=")
        if key in (b"path", b"size"):
            found[key.decode()] = _printable(value)
        text = text[count:]
    return found


def _name(header: bytes) -> str:
    name = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:263] == b"ustar\0" else b""
    return _printable(prefix + b"/" + name if prefix else name)


def _printable(name: bytes) -> str:
    text = name.decode("utf-8", "backslashreplace")
    return text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text


def _refused(name: str, kind: bytes, seen: set[str]) -> str:
    if kind not in (b"0", b"\0", b"7"):
        return f"{_KINDS.get(kind, 'an entry of an unknown kind')} in a tar, not a regular file"
    parts = name.replace("\\", "/").split("/")
    if not name or parts[0] == "" or ":" in parts[0]:
        return "an absolute name in a tar"
    if ".." in parts:
        return "a name in a tar that leads out of it"
    if name in seen:
        return "its name stands twice in the tar"
    return ""
