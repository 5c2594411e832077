# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer at a time. The kernel drops the lock when the process dies, so nothing has to be cleaned up."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onrecord.errors import ArchiveLocked


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the archive's write lock; ArchiveLocked (exit 5) names the process that holds it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(fd, 32, 0).decode(errors="replace").strip() or "unknown"
            raise ArchiveLocked(
                f"{path.parent}: another process (pid {holder}) is writing to this archive",
                "wait until it is done, or stop it: what it has committed stays",
            ) from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(fd)
