# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens what a person has: a statement as it was downloaded, plain, in a zip or in gzip, by counted bytes."""

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from onrecord.errors import SourceRefused
from onrecord.royalties.rows import Readable

#: Most bytes that one member of a zip may unpack to, and most members that are looked at.
LARGEST: Final = 4 * 1024 * 1024 * 1024
MOST_MEMBERS: Final = 200
_IN_MEMORY: Final = 16 * 1024 * 1024
_SUFFIXES: Final = (".csv", ".tsv", ".txt")


def statements(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    """(name to show, stream) of each statement in a file; the stream is good until the next one is asked for.

    A zip's members are unpacked to nameless temporary files: their names are shown and never become paths.
    """
    with path.open("rb") as stream:
        first = stream.read(4)
        stream.seek(0)
        if first[:2] == b"\x1f\x8b":
            yield from _gzip(path, stream)
            return
        if first != b"PK\x03\x04":
            yield path.name, stream
            return
        with zip_at(path, stream) as archive:
            yield from _members(path, archive)


@contextmanager
def zip_at(path: Path, stream: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """The zip in a stream; whatever is wrong with it, also while its members are read, is SourceRefused for `path`."""
    try:
        with zipfile.ZipFile(stream) as archive:
            yield archive
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        UnicodeError,
    ) as error:
        raise SourceRefused(
            f"{path}: a zip that cannot be read: {error}", hint="download it again, or unpack it yourself"
        ) from error


def _members(path: Path, archive: zipfile.ZipFile) -> Iterator[tuple[str, BinaryIO]]:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise SourceRefused(f"{path}: a zip of {len(members)} files, expected at most {MOST_MEMBERS}")
    for member in members:
        if member.is_dir() or not member.filename.lower().endswith(_SUFFIXES):
            continue
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as unpacked, archive.open(member) as packed:
            _copy(path, member.filename, packed, cast(BinaryIO, unpacked))
            yield f"{path.name}/{member.filename}", cast(BinaryIO, unpacked)


def _gzip(path: Path, stream: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as unpacked, gzip.open(stream) as packed:
        try:
            _copy(path, path.stem, packed, cast(BinaryIO, unpacked))
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise SourceRefused(
                f"{path}: gzip that cannot be read to its end: {error}", hint="download it again"
            ) from error
        yield path.name, cast(BinaryIO, unpacked)


def _copy(path: Path, name: str, packed: Readable, unpacked: BinaryIO) -> None:
    written = 0
    while block := packed.read(1024 * 1024):
        written += len(block)
        if written > LARGEST:
            raise SourceRefused(f"{path}: {name!r} unpacks to more than {LARGEST} bytes")
        unpacked.write(block)
    unpacked.seek(0)
