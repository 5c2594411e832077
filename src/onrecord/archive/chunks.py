# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to a chunk of files, wherever it is done: here, in a worker process, or as a task on a cluster.

A function is given a chunk and gives rows; it reads the store, writes nothing of its own, and gives the same for the
same chunk. The rows become one file, which counts once the archive's own process has named it (`filework`).
"""

import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.archive.chunk import DECODES, Blobs, Chunk, Group, Kind, Sources
from onrecord.archive.look_chunk import Looked, look
from onrecord.engine.parquet import write_rows
from onrecord.errors import IntegrityError, NotFound, StoreFailed
from onrecord.model.sound import Fault, Probe, Tags
from onrecord.publish.volume import Volume, build

#: Rows of a result that are read together: each may hold pictures.
_TOGETHER: Final = {"verify": 10_000, "analyse": 16, "look": 16, "copy": 1, "assemble": 1}
#: Bytes of a copy in one row.
_PIECE: Final = 4 << 20
#: After so many files in a row that its server did not give whole, a bucket is not waited for again.
_TRIES: Final = 3
#: Encoding takes about as long again as decoding and everything that is measured.
_SLOWER: Final = 5


class Verified(Struct, frozen=True):
    """What the bytes of a blob are: `ok`, or what `Store.verify` says; `silent` where its server did not answer, with
    what was said instead."""

    sha256: str
    state: str
    detail: str = ""


class Analysed(Struct, frozen=True):
    """One decode's answer, as MessagePack of `Probe`, its pictures included."""

    sha256: str
    probe: bytes


class Copied(Struct, frozen=True):
    """A piece of an access copy; its first says, as MessagePack of `AccessCopy`, what was encoded. Where none could be
    made there is one row, with the `Fault` instead."""

    sha256: str
    piece: bytes
    made: bytes = b""
    fault: bytes = b""


class Assembled(Struct, frozen=True):
    """A volume, as MessagePack of `Volume`."""

    name: str
    volume: bytes


def run_chunk(chunk: str, folder: str, fence: int) -> tuple[str, str]:
    """Do a chunk, told as JSON; write its rows below `folder` under a name of this attempt alone. Gives (name of the
    file, its SHA-256)."""
    given = _read(chunk)
    place = Path(folder)
    if given.kind in (*DECODES, "copy"):
        from onrecord import audio

        # A process that decodes forks: this comes before Arrow loads what would start threads.
        audio.preload()
    _note(place, given.digest, fence)
    row, function = KINDS[given.kind]
    path = place / f"{given.digest}.{fence}.{secrets.token_hex(4)}.attempt"
    sha256, _ = write_rows(path, row, function(given), batch=_TOGETHER[given.kind])
    return path.name, sha256


def verify(chunk: Blobs) -> Iterator[Verified]:
    """Read each blob whole: are the bytes what the name says?"""
    store, failed = chunk.store, dict[str, list[str]]()
    for sha256, root, size in chunk.blobs:
        said = failed.setdefault(root, [])
        if len(said) < _TRIES:
            try:
                yield Verified(sha256, store.verify(sha256, root, size))
                said.clear()
                continue
            except StoreFailed as error:
                said.append(error.message)
        yield Verified(sha256, "silent", said[-1])


def analyse(chunk: Blobs) -> Iterator[Analysed]:
    """Decode each blob once, in a confined child."""
    from onrecord import audio

    store, limits = chunk.store, chunk.limits
    for sha256, root, size in chunk.blobs:
        try:
            with store.holding(sha256, root) as path:
                probe = audio.probe(path, seconds=limits.seconds_for(size), memory=limits.memory)
        except (IntegrityError, NotFound, StoreFailed, OSError) as error:
            probe = Probe(None, Tags(), (Fault("unreadable", str(error)),))
        yield Analysed(sha256, msgspec.msgpack.encode(probe))


def copy(chunk: Sources) -> Iterator[Copied]:
    """Encode each sound once, in a confined child."""
    from onrecord.audio.access import access_copy

    store, limits = chunk.store, chunk.limits
    for source in chunk.sources:
        with tempfile.TemporaryFile() as file:
            try:
                with store.holding(source.sha256, source.root) as path:
                    made = access_copy(
                        path,
                        file.fileno(),
                        chunk.kilobits,
                        tags=source.tags,
                        seconds=limits.seconds_for(source.size) * _SLOWER,
                        memory=limits.memory,
                    )
            except (IntegrityError, NotFound, StoreFailed) as error:
                made = Fault("unreadable", error.message)
            if isinstance(made, Fault):
                yield Copied(source.sha256, b"", fault=msgspec.msgpack.encode(made))
                continue
            told = msgspec.msgpack.encode(made)
            file.seek(0)
            while piece := file.read(_PIECE):
                yield Copied(source.sha256, piece, told)
                told = b""


def assemble(group: Group) -> Volume:
    """Name, bag and torrent of a volume."""
    return build(
        group.name,
        group.listed,
        web_seeds=group.web_seeds,
        trackers=group.trackers,
        papers=group.papers,
        form=group.form,
    )


def _assembled(group: Group) -> Iterator[Assembled]:
    yield Assembled(group.name, msgspec.msgpack.encode(assemble(group)))


KINDS: Final[dict[Kind, tuple[type[Struct], Callable[[Any], Iterator[Any]]]]] = {
    "verify": (Verified, verify),
    "analyse": (Analysed, analyse),
    "look": (Looked, look),
    "copy": (Copied, copy),
    "assemble": (Assembled, _assembled),
}


class _Told(Struct):
    kind: Kind


def _read(chunk: str) -> Chunk:
    kind = msgspec.json.decode(chunk, type=_Told).kind
    if kind == "assemble":
        return msgspec.json.decode(chunk, type=Group)
    of: type[Sources | Blobs] = Sources if kind == "copy" else Blobs
    return msgspec.json.decode(chunk, type=of, dec_hook=lambda _, path: Path(path))


def _note(folder: Path, chunk: str, fence: int) -> None:
    """Where a chunk was begun, for whoever looks for what happened: one line, written at once."""
    line = f"{chunk} {fence} {socket.gethostname()} {os.getpid()} {sys.version.split()[0]}\n"
    fd = os.open(folder / "attempts", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.write(fd, line.encode())
    finally:
        os.close(fd)
