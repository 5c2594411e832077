# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to a chunk of files, wherever it is done: here, in a worker process, or as a task on a cluster.

A function is given a chunk and gives rows; it reads the store, writes nothing of its own, and gives the same for the
same chunk. The rows become one file, which counts once the archive's own process has named it (`filework`).
"""

import hashlib
import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from onrecord.archive.ingest import Limits
from onrecord.audio.analyser import ANALYSER, VERSION
from onrecord.engine.parquet import write_rows
from onrecord.errors import IntegrityError, NotFound, StoreFailed
from onrecord.model.sound import Fault, Probe, Tags
from onrecord.publish.volume import Form, Volume, VolumeFile, build
from onrecord.store import Pace, Store
from onrecord.store.bucket import Bucket
from onrecord.store.roots import Disk

Kind = Literal["verify", "analyse", "assemble"]

#: Rows of a result that are read together: each may hold pictures.
_TOGETHER: Final = {"verify": 10_000, "analyse": 16, "assemble": 1}


class Blobs(Struct, frozen=True, forbid_unknown_fields=True):
    """Some blobs, each (digest, id of the root, bytes), and what reading them may cost."""

    kind: Kind
    blobs: Sequence[tuple[str, str, int]]
    disks: Sequence[Disk]
    buckets: Sequence[Bucket]
    limits: Limits

    @property
    def digest(self) -> str:
        """Names the chunk: the same work on the same blobs. Where disks are mounted is no part of it."""
        by = f"{self.kind} {ANALYSER} {VERSION}" if self.kind == "analyse" else self.kind
        lines = [by, *(f"{sha256} {root} {size}" for sha256, root, size in self.blobs)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def text(self) -> str:
        """The chunk as it travels."""
        return msgspec.json.encode(self, enc_hook=lambda path: str(path.absolute())).decode()

    @property
    def about(self) -> str:
        return f"{len(self.blobs):,} files, the first {self.blobs[0][0]}"

    @property
    def files(self) -> int:
        return len(self.blobs)

    @property
    def store(self) -> Store:
        return Store([*self.disks, *self.buckets], pace=Pace(self.limits.rate))

    @property
    def size(self) -> int:
        return sum(size for _, _, size in self.blobs)


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """Files that become a volume, with all that it is made of; nothing of them is read."""

    kind: Kind
    name: str
    shelf: str
    listed: Sequence[VolumeFile]
    papers: Mapping[str, bytes]
    form: Form
    web_seeds: Sequence[str] = ()
    trackers: Sequence[str] = ()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def text(self) -> str:
        return msgspec.json.encode(self, order="sorted").decode()

    @property
    def size(self) -> int:
        return 0

    @property
    def about(self) -> str:
        return f"volume {self.name} of {len(self.listed):,} files"

    @property
    def files(self) -> int:
        return len(self.listed)


Chunk = Blobs | Group


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


class Assembled(Struct, frozen=True):
    """A volume, as MessagePack of `Volume`."""

    name: str
    volume: bytes


def run_chunk(chunk: str, folder: str, fence: int) -> tuple[str, str]:
    """Do a chunk, told as JSON; write its rows below `folder` under a name of this attempt alone. Gives (name of the
    file, its SHA-256)."""
    given = _read(chunk)
    place = Path(folder)
    if given.kind == "analyse":
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
    store, silent = chunk.store, dict[str, str]()
    for sha256, root, size in chunk.blobs:
        if root not in silent:
            try:
                yield Verified(sha256, store.verify(sha256, root, size))
                continue
            except StoreFailed as error:
                silent[root] = error.message  # it is not waited for again
        yield Verified(sha256, "silent", silent[root])


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
    "assemble": (Assembled, _assembled),
}


class _Told(Struct):
    kind: Kind


def _read(chunk: str) -> Chunk:
    if msgspec.json.decode(chunk, type=_Told).kind == "assemble":
        return msgspec.json.decode(chunk, type=Group)
    return msgspec.json.decode(chunk, type=Blobs, dec_hook=lambda _, path: Path(path))


def _note(folder: Path, chunk: str, fence: int) -> None:
    """Where a chunk was begun, for whoever looks for what happened: one line, written at once."""
    line = f"{chunk} {fence} {socket.gethostname()} {os.getpid()} {sys.version.split()[0]}\n"
    fd = os.open(folder / "attempts", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.write(fd, line.encode())
    finally:
        os.close(fd)
