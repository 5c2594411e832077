# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files of a torrent come from: out of the swarm, or from a folder that `mirror export` wrote."""

import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from onrecord.errors import MirrorFailed
from onrecord.mirror.session import Peer, Session
from onrecord.mirror.session import Progress as FetchProgress
from onrecord.publish.contents import Contents, Listed, read
from onrecord.store.digest import digest, digest_file, reading
from onrecord.store.roots import refused_write

Wanted = Callable[[tuple[str, ...]], bool]
#: Told of each file as soon as all of it came, where that is known before the end; it may be on its way to the disk.
Whole = Callable[[tuple[str, ...]], None]


def nobody(path: tuple[str, ...]) -> None:
    """Nobody is told."""


class Brought(Struct, frozen=True):
    """What came: bytes over the network or off the disk; paths that are not there, and those whose bytes are wrong."""

    bytes: int
    absent: frozenset[tuple[str, ...]] = frozenset()
    damaged: frozenset[tuple[str, ...]] = frozenset()


class Bringer(Protocol):
    """Brings the wanted files of a torrent to `into/<name>/…`; each of them is what the torrent says, or is not there.

    What an earlier run left there is kept where it is right. Raises MirrorFailed, StoreFull, StoreFailed.
    """

    def bring(self, torrent: bytes, into: Path, wanted: Wanted, whole: Whole = nobody) -> Brought: ...

    def failed(self, what: str) -> MirrorFailed:
        """What to raise where `what` was needed and did not come: who was asked, what was wrong, what can be done."""


class Swarm:
    """Over BitTorrent, all or nothing: a file that nobody gives ends the run."""

    def __init__(
        self,
        session: Session,
        peers: Sequence[Peer],
        progress: Callable[[str, FetchProgress], None],
        patience: float,
    ) -> None:
        self._session = session
        self._peers = peers
        self._progress = progress
        self._patience = patience

    def bring(self, torrent: bytes, into: Path, wanted: Wanted, whole: Whole = nobody) -> Brought:
        name = read(torrent).name
        fetched = self._session.fetch(
            torrent,
            into,
            self._peers,
            wanted=wanted,
            progress=lambda state: self._progress(name, state),
            patience=self._patience,
            whole=whole,
        )
        return Brought(fetched.downloaded)

    def failed(self, what: str) -> MirrorFailed:
        return MirrorFailed(f"{what}: no peer gave it", "run it again when another mirror is up")


class Disk:
    """From a folder with the torrent's files in `<name>/…`. It is only read; what is not there is said, for a disk need
    not have everything."""

    def __init__(self, folder: Path, progress: Callable[[str, FetchProgress], None]) -> None:
        self._folder = folder
        self._progress = progress

    def bring(self, torrent: bytes, into: Path, wanted: Wanted, whole: Whole = nobody) -> Brought:
        contents = read(torrent)
        files = [file for file in contents.files if wanted(file.path)]
        total = sum(file.size for file in files)
        done, absent, damaged = 0, set[tuple[str, ...]](), set[tuple[str, ...]]()
        for file in files:
            came = self._one(contents, file, into)
            if came is None:
                absent.add(file.path)
            elif not came:
                damaged.add(file.path)
            else:
                done += file.size
                whole(file.path)
            self._progress(contents.name, FetchProgress(done, total, 0, len(damaged)))
        return Brought(done, frozenset(absent), frozenset(damaged))

    def failed(self, what: str) -> MirrorFailed:
        return MirrorFailed(
            f"{what}: it is not on the disk {self._folder}, or not right",
            "export it again, or `mirror sync --peer`",
        )

    def _one(self, contents: Contents, file: Listed, into: Path) -> bool | None:
        """Copy one file and look at its hash on the way; False where it is wrong, None where it is not there."""
        target = into.joinpath(contents.name, *file.path)
        if target.is_file() and digest_file(target).v2_root == file.root:
            return True
        try:
            source = os.open(
                self._folder.joinpath(contents.name, *file.path),
                os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC,
            )
        except OSError:
            return None
        try:
            known = os.fstat(source)
            if not stat.S_ISREG(known.st_mode):
                return None
            return known.st_size == file.size and _copied(source, target, file.root)
        finally:
            os.close(source)


def _copied(source: int, target: Path, root: bytes) -> bool:
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            part.unlink()
        copy = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise refused_write(error, target.parent) from error

    def write(view: memoryview) -> None:
        try:
            while view:
                view = view[os.write(copy, view) :]
        except OSError as error:
            raise refused_write(error, target.parent) from error

    try:
        right = digest(reading(source), write).v2_root == root
    except OSError:
        right = False  # the disk cannot read it
    finally:
        os.close(copy)
    if right:
        part.rename(target)
    else:
        part.unlink()
    return right
