# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bounded folder with copies of blobs that lie elsewhere, for whoever needs a file. Several processes may share it.

The least used leave first. What somebody holds stays, so for as long the folder may be larger than its bound by that.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.store.roots import free_in

#: Seconds after its last use in which nothing leaves: who was given its path opens it in that time.
_GRACE: Final = 60.0
#: Some more is evicted than has to be, so that not every new file looks at all.
_DOWN_TO: Final = 0.9


class Cache(Struct, frozen=True, forbid_unknown_fields=True):
    """`most` is its bound in bytes."""

    folder: Path
    most: int

    def file(self, sha256: str, size: int, bring: Callable[[Path], None]) -> Path:
        """A blob's copy, which may leave a minute after this. `bring` writes it to a new path, whole or not at all."""
        path = self._path(sha256)
        try:
            os.utime(path)  # its last use
        except FileNotFoundError:
            self._bring(path, size, bring)
        return path

    @contextmanager
    def holding(self, sha256: str, size: int, bring: Callable[[Path], None]) -> Iterator[Path]:
        """The same, and it stays as long as the context."""
        while True:
            path = self.file(sha256, size, bring)
            with suppress(FileNotFoundError):
                fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
                break
        try:
            fcntl.flock(fd, fcntl.LOCK_SH)
            if os.fstat(fd).st_nlink == 0:  # it left between the two
                with self.holding(sha256, size, bring) as path:
                    yield path
            else:
                yield path
        finally:
            os.close(fd)

    def has(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    def drop(self, sha256: str) -> None:
        """Forget a copy; who has it open reads on."""
        self._path(sha256).unlink(missing_ok=True)

    def bytes(self) -> int:
        return sum(size for _, size, _ in self._listed())

    def _path(self, sha256: str) -> Path:
        return self.folder / "held" / sha256[:2] / sha256

    def _bring(self, path: Path, size: int, bring: Callable[[Path], None]) -> None:
        self._make_room(size)
        coming = self.folder / "coming"
        coming.mkdir(parents=True, exist_ok=True)
        part = coming / f"{os.getpid()}-{secrets.token_hex(8)}"
        try:
            bring(part)
            path.parent.mkdir(parents=True, exist_ok=True)
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)

    def _make_room(self, size: int) -> None:
        listed = sorted(self._listed())
        total = sum(each for _, each, _ in listed)
        # What is full in truth bounds it, too.
        bound = min(self.most, total + (free_in(self.folder) if self.folder.is_dir() else self.most))
        if total + size <= bound:
            return
        down_to = max(bound * _DOWN_TO - size, 0)
        for used, each, path in listed:
            if total <= down_to or time.time() - used < _GRACE:
                return
            if _evicted(path):
                total -= each

    def _listed(self) -> Iterator[tuple[float, int, Path]]:
        """(last use, bytes, path)"""
        for path in self.folder.glob("held/*/*"):
            with suppress(FileNotFoundError):
                status = path.stat()
                yield status.st_mtime, status.st_size, path

    def sweep(self) -> int:
        """Remove what killed processes had begun to bring; gives how many."""
        swept = 0
        for part in self.folder.glob("coming/*"):
            if not Path("/proc", part.name.partition("-")[0]).exists():
                part.unlink(missing_ok=True)
                swept += 1
        return swept


def _evicted(path: Path) -> bool:
    """False where somebody holds it."""
    with suppress(FileNotFoundError):
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
        except BlockingIOError:
            return False
        finally:
            os.close(fd)
    return True
