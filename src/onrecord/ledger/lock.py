# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer at a time. The kernel drops the lock when the process dies, so nothing has to be cleaned up."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from onrecord.errors import ArchiveLocked

#: What a holder who will be done in seconds writes behind its number.
_MOMENT: Final = "for a moment"
#: Seconds for which such a holder is waited for.
_PATIENCE: Final = 15.0
_ASK_EVERY: Final = 0.05


@contextmanager
def writing(path: Path, *, moment: bool = False) -> Iterator[None]:
    """Hold the archive's write lock; ArchiveLocked (exit 5) names the process that holds it.

    `moment` is for a long run that writes now and then, a few seconds each time: it waits until who writes is done,
    and who comes meanwhile waits for it instead of being refused.
    """
    refused = "is writing to this archive", "wait until it is done, or stop it: what it has committed stays"
    with _held(path, path.parent, *refused, moment=moment):
        yield


def holder(path: Path) -> int | None:
    """The process that holds a lock now, None where none does or the kernel does not tell (it does on Linux).

    It is read and not tried: whoever tries would be in the way of one who just comes to take it.
    """
    try:
        inode = path.stat().st_ino
        locks = Path("/proc/locks").read_text("ascii")
    except (FileNotFoundError, PermissionError):
        return None
    for line in locks.splitlines():
        fields = line.split()
        if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == str(inode):
            return int(fields[4]) or None
    return None


@contextmanager
def alone(path: Path, where: Path, doing: str) -> Iterator[None]:
    """Hold a lock of one kind of run, which lets others write. ArchiveLocked says what the other process is `doing`."""
    path.parent.mkdir(exist_ok=True)
    with _held(path, where, doing, "wait until it is done, or stop it: what came stays", moment=False):
        yield


@contextmanager
def _held(path: Path, where: Path, doing: str, hint: str, *, moment: bool) -> Iterator[None]:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        until = time.monotonic() + _PATIENCE
        while not _taken(fd):
            holder, _, how = os.pread(fd, 64, 0).decode(errors="replace").strip().partition(" ")
            if not moment and (how != _MOMENT or time.monotonic() > until):
                raise ArchiveLocked(f"{where}: another process (pid {holder or 'unknown'}) {doing}", hint)
            time.sleep(_ASK_EVERY)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()} {_MOMENT if moment else ''}".strip().encode() + b"\n", 0)
        yield
    finally:
        os.close(fd)


def _taken(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
