# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which process and sessions an archive is being seeded: told by the one that does, read by `mirror status`."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.durable import replace
from onrecord.errors import ArchiveLocked

_LOCK: Final = "seeding.lock"
_STATE: Final = "seeding.json"


class ShardState(Struct, frozen=True, forbid_unknown_fields=True):
    """One session of those that seed, and its process. `starts` counts how often that was begun; it is `up` when it has
    a port and seeds, which it does not while it waits to be begun again: then `pid` is 0."""

    number: int
    pid: int
    port: int
    up: bool
    torrents: int
    files: int
    starts: int


class SeedState(Struct, frozen=True, forbid_unknown_fields=True):
    """Who seeds, since when, and by what."""

    pid: int
    since: str
    shards: tuple[ShardState, ...]


#: Tells what the sessions are at.
Tell = Callable[[Sequence[ShardState]], None]


@contextmanager
def seeding(archive: Archive) -> Iterator[Tell]:
    """Be the one process that seeds this archive; ArchiveLocked (exit 5) names the one that already does.

    The kernel drops the lock when the process dies, so what it told last is then seen to be over.
    """
    fd = os.open(archive.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(fd, 32, 0).decode(errors="replace").strip() or "unknown"
            raise ArchiveLocked(
                f"{archive.folder}: another process (pid {holder}) seeds this archive",
                "leave it to that one, or stop it first; `onrecord mirror status` shows its ports",
            ) from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        since = archive.clock().isoformat(timespec="seconds")

        def tell(shards: Sequence[ShardState]) -> None:
            state = SeedState(os.getpid(), since, tuple(shards))
            replace(archive.folder / _STATE, msgspec.json.encode(state))

        (archive.folder / _STATE).unlink(missing_ok=True)
        try:
            yield tell
        finally:
            (archive.folder / _STATE).unlink(missing_ok=True)
    finally:
        os.close(fd)


def current(archive: Archive) -> SeedState | None:
    """By whom this archive is seeded now; None where by nobody, or who does has not begun yet."""
    try:
        fd = os.open(archive.folder / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None  # nobody holds it
    except BlockingIOError:
        pass
    finally:
        os.close(fd)
    try:
        return msgspec.json.decode((archive.folder / _STATE).read_bytes(), type=SeedState)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
