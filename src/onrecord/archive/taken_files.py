# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows `onrecord.rights.taken` enough of a strange file or folder to know a set that was taken from a service.

Pieces of bounded size: the beginning and some from further on of a text, the first files of a ZIP or tar, the beginning
of what is packed. Nothing is unpacked to disk.
"""

import io
import os
import stat
import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from onrecord.archive.taken_tables import taken_parquet, taken_sqlite
from onrecord.rights.taken import HEAD, PACKED, UNPACKED, Names, taken_head, unpacked
from onrecord.sources import tar_entries

_PACKED: Final = (b"\x1f\x8b", b"BZh", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ")
_ZIP: Final = b"PK\x03\x04"
#: Files in a ZIP or tar whose beginning is looked at, and those whose names are.
_MOST_MEMBERS: Final = 64
_MOST_NAMES: Final = 10_000
#: Where a text is looked at besides its beginning, in quarters of what lies behind that.
_PLACES: Final = (1, 2, 3, 4)
_STORED, _DEFLATED = 0, 8
_UNKNOWN: Final = 0xFFFFFFFF


def taken_file(path: Path) -> str:
    """The reason to refuse a file of records, whatever it is called, "" where there is none. OSError as `open` does."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return ""
        head = file.read(HEAD)
        if head.startswith(b"SQLite format 3\0"):
            return taken_head(head) or taken_sqlite(path)
        if head.startswith(b"PAR1"):
            return taken_parquet(path)
        if head.startswith(_ZIP):
            return _taken_members(_zip_members(file))
        if head.startswith(_PACKED):
            head = unpacked(head + file.read(PACKED - len(head)))
            tar: Any = io.BytesIO(head)  # it can do what the reader of tars asks for
            return _taken_members(_tar_members(tar)) if _is_tar(head) else taken_head(head)
        if _is_tar(head):
            file.seek(0)
            return _taken_members(_tar_members(file))
        return taken_head(head, list(_later(file, os.fstat(fd).st_size)))


def taken_folders(top: Path) -> dict[Path, str]:
    """Folders in `top`, or itself, whose names are those of a set that was taken from a service, with the reason.

    Names of sound count for the folders above, too, as far as these are not known already: a set may lie in many small
    folders, and what lies beside one is somebody's own. Memory is that of the largest folder.
    """
    counted: dict[Path, Names] = {}
    found: dict[Path, str] = {}
    for place, folders, files in os.walk(top, topdown=False):
        folder, here = Path(place), Names()
        for name in (folder.name, *files):
            here.add(name)
        for name in folders:
            here.join(counted.pop(folder / name, Names()))
        if reason := here.reason:
            found[folder] = reason
        else:
            counted[folder] = here
    return {folder: why for folder, why in found.items() if found.keys().isdisjoint(folder.parents)}


def _later(file: io.BufferedReader, size: int) -> Iterator[bytes]:
    """Pieces from further on, each from an even place."""
    for quarter in _PLACES:
        start = (HEAD + max(size - 2 * HEAD, 0) * quarter // len(_PLACES)) & ~1
        if start < size:
            file.seek(start)
            yield file.read(HEAD)


def _taken_members(members: Iterable[tuple[str, bytes]]) -> str:
    names = Names()
    for name, head in members:
        names.add(name)
        if reason := names.reason or (taken_head(head) if head else ""):
            return f"{name[:100]}: {reason}" if head else reason
    return ""


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _tar_members(file: io.BufferedReader) -> Iterator[tuple[str, bytes]]:
    """Names and first bytes, as far as the tar goes in one piece."""
    try:
        for number, entry in enumerate(islice(tar_entries.entries(file), _MOST_NAMES)):
            looked_at = number < _MOST_MEMBERS and not entry.refused
            yield entry.name, _beginning(entry.stream) if looked_at else b""
    except (OSError, EOFError):
        return


def _beginning(stream: io.BufferedReader) -> bytes:
    """Up to the first MiB, also of a file that is cut off within it."""
    found = b""
    try:
        while len(found) < UNPACKED and (more := stream.read1(UNPACKED - len(found))):
            found += more
    except EOFError:
        pass
    return found


def _zip_members(file: io.BufferedReader) -> Iterator[tuple[str, bytes]]:
    """Names and first bytes, by the headers in front of each file (APPNOTE 4.3.7); the list at the end may lie."""
    at = 0
    for number in range(_MOST_NAMES):
        file.seek(at)
        header = file.read(30)
        if len(header) < 30 or not header.startswith(_ZIP):
            return
        flags, method = struct.unpack_from("<HH", header, 6)
        size, _, name_size, extra_size = struct.unpack_from("<IIHH", header, 18)
        name = file.read(name_size).decode("utf-8", "replace")
        extra = file.read(extra_size)
        size = _long_size(extra) if size == _UNKNOWN else size
        at += 30 + name_size + extra_size
        behind = bool(flags & 8) and not size  # the size stands behind the file alone
        if flags & 1 or method not in (_STORED, _DEFLATED) or (method == _STORED and behind):
            head, used = b"", 0
        elif number < _MOST_MEMBERS or behind:
            head, used = _zip_content(file.read(PACKED if behind else min(size, PACKED)), method)
        else:
            head, used = b"", 0
        yield name, head
        if behind and not used:
            return
        at = _next_header(file, at + used) if behind else at + size


def _zip_content(data: bytes, method: int) -> tuple[bytes, int]:
    """The first bytes, and how long the whole is in packed bytes, 0 where that does not show."""
    if method == _STORED:
        return data, 0
    inflate = zlib.decompressobj(-15)
    try:
        found = inflate.decompress(data, UNPACKED)
    except zlib.error:
        return b"", 0
    return found, len(data) - len(inflate.unused_data) if inflate.eof else 0


def _next_header(file: io.BufferedReader, at: int) -> int:
    """Behind a file may stand its sizes, in one of four lengths."""
    file.seek(at)
    return at + max(file.read(24 + len(_ZIP)).find(_ZIP), 0)


def _long_size(extra: bytes) -> int:
    """The packed size of a file of 4 GiB or more (APPNOTE 4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == 1 and at + 20 <= len(extra):
            return int(struct.unpack_from("<Q", extra, at + 12)[0])
        at += 4 + size
    return _UNKNOWN
