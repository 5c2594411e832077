# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens what a person has: a statement as it was downloaded, plain, in a zip, gzip or workbook, by counted bytes."""

import gzip
import hashlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from onrecord.errors import SourceRefused
from onrecord.royalties import workbooks
from onrecord.royalties.rows import Readable

#: Most bytes that one member of a zip may unpack to, and most members that are looked at.
LARGEST: Final = 4 * 1024 * 1024 * 1024
MOST_MEMBERS: Final = 200
_IN_MEMORY: Final = 16 * 1024 * 1024
_SUFFIXES: Final = (".csv", ".tsv", ".txt", *workbooks.SUFFIXES)


class Opened(NamedTuple):
    """A statement to be read. `name` is to be shown, `stream` good until the next one is asked for.

    `book` is the digest of the workbook that it is a sheet of. `wrong` says why there is no stream.
    `doubt` is what is odd about it.
    """

    name: str
    stream: BinaryIO | None
    book: str = ""
    wrong: str = ""
    doubt: str = ""


def statements(path: Path) -> Iterator[Opened]:
    """Each statement in a file.

    A zip's members are unpacked to nameless temporary files: their names are shown and never become paths.
    """
    with path.open("rb") as stream:
        first = stream.read(8)
        stream.seek(0)
        if first[:2] == b"\x1f\x8b":
            yield from _gzip(path, stream)
        elif first[:4] == b"PK\x03\x04":
            with zip_at(path, stream) as archive:
                book = workbooks.is_workbook(archive)
                if book:
                    workbooks.check(path, archive)
                elif path.suffix.lower() in workbooks.SUFFIXES:
                    raise SourceRefused(
                        f"{path}: expected a workbook by its name, got a zip without one", "download it again"
                    )
                else:
                    yield from _members(path, archive)
            if book:
                yield from _sheets(path, path.name, stream)
        elif first == workbooks.OLD:
            yield from _sheets(path, path.name, stream)
        else:
            yield Opened(path.name, stream, doubt=_misnamed(path.name))


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


def _members(path: Path, archive: zipfile.ZipFile) -> Iterator[Opened]:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise SourceRefused(f"{path}: a zip of {len(members)} files, expected at most {MOST_MEMBERS}")
    for member in members:
        if member.is_dir() or not member.filename.lower().endswith(_SUFFIXES):
            continue
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as unpacked, archive.open(member) as packed:
            stream = cast(BinaryIO, unpacked)
            _copy(path, member.filename, packed, stream)
            yield from _member(path, f"{path.name}/{member.filename}", stream)


def _member(path: Path, name: str, stream: BinaryIO) -> Iterator[Opened]:
    """A file of a zip: text, or a workbook. A zip in a zip is not opened."""
    first = stream.read(8)
    stream.seek(0)
    if first[:4] == b"PK\x03\x04":
        with zip_at(Path(name), stream) as inner:
            if not workbooks.is_workbook(inner):
                yield Opened(name, None, wrong="a zip inside a zip; unpack it first")
                return
            workbooks.check(path, inner)
    elif first != workbooks.OLD:
        yield Opened(name, stream, doubt=_misnamed(name))
        return
    yield from _sheets(path, name, stream)


def _sheets(path: Path, name: str, stream: BinaryIO) -> Iterator[Opened]:
    stream.seek(0)
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as copy:
        # What was unpacked may lie in memory, and a process of its own needs a file.
        while block := stream.read(1024 * 1024):
            digest.update(block)
            copy.write(block)
        copy.flush()
        for sheet in workbooks.sheets(path, cast(BinaryIO, copy)):
            yield Opened(f"{name}/{sheet.name}", sheet.stream, digest.hexdigest(), sheet.wrong)


def _misnamed(name: str) -> str:
    if not name.lower().endswith(workbooks.SUFFIXES):
        return ""
    return f"its name says a workbook ({Path(name).suffix}), its bytes are text and were read as that"


def _gzip(path: Path, stream: BinaryIO) -> Iterator[Opened]:
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as unpacked, gzip.open(stream) as packed:
        try:
            _copy(path, path.stem, packed, cast(BinaryIO, unpacked))
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise SourceRefused(
                f"{path}: gzip that cannot be read to its end: {error}", hint="download it again"
            ) from error
        yield Opened(path.name, cast(BinaryIO, unpacked))


def _copy(path: Path, name: str, packed: Readable, unpacked: BinaryIO) -> None:
    written = 0
    while block := packed.read(1024 * 1024):
        written += len(block)
        if written > LARGEST:
            raise SourceRefused(f"{path}: {name!r} unpacks to more than {LARGEST} bytes")
        unpacked.write(block)
    unpacked.seek(0)
