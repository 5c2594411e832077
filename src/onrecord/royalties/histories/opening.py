# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens the exports that a person has: a file, a zip, and a zip inside a zip, by counted bytes.

What is unpacked lies in nameless temporary files until the next member; names of members never become paths.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from onrecord.errors import SourceRefused
from onrecord.royalties.files import zip_at

#: Most bytes that one export may unpack to in all, and most files in it: ListenBrainz gives one for each month.
LARGEST: Final = 8 * 1024 * 1024 * 1024
MOST_MEMBERS: Final = 5000
_IN_MEMORY: Final = 16 * 1024 * 1024
_BLOCK: Final = 1024 * 1024
_ZIP: Final = b"PK\x03\x04"


def opened(path: Path, largest: int = LARGEST) -> Iterator[tuple[str, BinaryIO]]:
    """(name to show, stream at its start) of each file in an export; a stream is good until the next one."""
    with path.open("rb") as stream:
        if _start(stream) != _ZIP:
            yield path.name, stream
            return
        yield from _unzipped(path, path.name, stream, _Budget(path, largest), nested=True)


class _Budget:
    """What may still be unpacked: sizes that a zip states are not believed."""

    def __init__(self, path: Path, largest: int) -> None:
        self._path = path
        self._largest = largest
        self._left = largest
        self._members = MOST_MEMBERS

    def members(self, count: int) -> None:
        self._members -= count
        if self._members < 0:
            raise SourceRefused(
                f"{self._path}: a zip of more than {MOST_MEMBERS} files, no history has so many"
            )

    def bytes(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise SourceRefused(
                f"{self._path}: unpacks to more than {self._largest} bytes, no history is so large"
            )


def _unzipped(
    path: Path, name: str, stream: BinaryIO, budget: _Budget, nested: bool
) -> Iterator[tuple[str, BinaryIO]]:
    with zip_at(path, stream) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        budget.members(len(members))
        for member in members:
            with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as unpacked:
                with archive.open(member) as packed:
                    while block := packed.read(_BLOCK):
                        budget.bytes(len(block))
                        unpacked.write(block)
                inner = cast(BinaryIO, unpacked)
                shown = f"{name}/{member.filename}"
                if nested and _start(inner) == _ZIP:
                    yield from _unzipped(path, shown, inner, budget, nested=False)
                else:
                    inner.seek(0)
                    yield shown, inner


def _start(stream: BinaryIO) -> bytes:
    stream.seek(0)
    start = stream.read(len(_ZIP))
    stream.seek(0)
    return start
