# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory that the processes of one server have in common: a database and locks in a folder that is no disk.

Any of the processes may be killed at any time: a change is made whole or not at all, and its locks are let go.
"""

import fcntl
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final, TypeVar

import apsw

from onrecord.web.memory import Cells, Few, OwnMemory

T = TypeVar("T")
#: A folder of the system that lies in memory.
_IN_MEMORY: Final = Path("/dev/shm")
#: Where the library that counts looks for the folder of the counters of all processes (`counted_in`).
COUNTED_IN: Final = "PROMETHEUS_MULTIPROC_DIR"
_PREFIX: Final = "onrecord-serve-"
#: Seconds for which a new folder is left alone, though nobody holds it yet.
_YOUNG: Final = 60.0
_ASK_EVERY: Final = 0.02
#: Milliseconds that a change waits for that of another process, and seconds for which none waits again after it was in
#: vain. Requests wait for changes where nothing else runs, so one process that is stopped must not stop the others.
_PATIENCE: Final = 250
_APART: Final = 2.0
_TABLE: Final = (
    "CREATE TABLE cells"
    " (kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, used REAL NOT NULL, UNIQUE (kind, key))"
)


@contextmanager
def places() -> Iterator[tuple[Path, Path]]:
    """Two folders of this run alone: in memory, and for files that are made. Sweeps what killed runs left."""
    memory = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    with ExitStack() as stack:
        place = _own(stack, memory)
        counted_in(place).mkdir()
        with closing(_opened(place)) as db:
            # Nothing of it outlives the server, so nothing is made durable. Done here, before several would do it.
            db.execute("PRAGMA journal_mode=WAL").fetchall()
            db.execute(_TABLE)
        yield place, _own(stack, Path(tempfile.gettempdir()))


class SharedMemory:
    """`place` is one folder for all processes, and so are `made` and `key`.

    While one of them does not let go of the cells, each of the others has its own: a limit then holds for each.
    """

    def __init__(self, place: Path, made: Path, key: bytes) -> None:
        self.key: Final = key
        self.made: Final = made
        self.counted: Final = counted_in(place)
        self._place = place
        self._lock = threading.RLock()
        self._few: dict[str, _SharedFew] = {}
        self._db = _Database(place)
        self._own = OwnMemory()

    def cells(self, kind: str, most: int) -> Cells:
        return _SharedCells(self._db, self._own.cells(kind, most), kind, most)

    def few(self, name: str, count: int = 1) -> Few:
        with self._lock:
            return self._few.setdefault(name, _SharedFew(self._place / re.sub(r"\W", "-", name), count))


def counted_in(place: Path) -> Path:
    """Where the counters of all processes lie."""
    return place / "counted"


class _Database:
    """The cells of all kinds, for whoever has the lock."""

    def __init__(self, place: Path) -> None:
        self.lock: Final = threading.RLock()
        self._db = _opened(place)
        self.execute: Final = self._db.execute
        self._again = 0.0

    def begin(self) -> bool:
        """Begin a change; False where another process is at one and does not end it."""
        if time.monotonic() < self._again:
            return False
        try:
            self.execute("BEGIN IMMEDIATE")
        except (apsw.BusyError, apsw.FullError):
            self._again = time.monotonic() + _APART
            return False
        return True

    def give_up(self) -> None:
        """Undo a change that failed, where that was not done yet."""
        if self._db.in_transaction:
            self.execute("ROLLBACK")


class _SharedCells:
    """`own` are those of this process, for as long as it cannot change those of all."""

    def __init__(self, db: _Database, own: Cells, kind: str, most: int) -> None:
        self._db = db
        self._own = own
        self._kind = kind
        self._most = most
        self._new = 0

    def change(self, key: bytes, change: Callable[[bytes], tuple[bytes, T]]) -> T:
        with self._db.lock:
            if not self._db.begin():
                return self._own.change(key, change)
            try:
                answer = self._changed(key, change)
                self._db.execute("COMMIT")
            except BaseException as error:
                self._db.give_up()
                # Others fill the memory, too: what is answered does not end by that.
                if isinstance(error, apsw.FullError):
                    return self._own.change(key, change)
                raise
            return answer

    def _changed(self, key: bytes, change: Callable[[bytes], tuple[bytes, T]]) -> T:
        row = self._db.execute("SELECT value FROM cells WHERE kind=? AND key=?", (self._kind, key)).fetchone()
        before = bytes(row[0]) if row else b""
        kept, answer = change(before)
        if not kept:
            self._db.execute("DELETE FROM cells WHERE kind=? AND key=?", (self._kind, key))
        elif kept != before:
            self._db.execute(
                "INSERT INTO cells VALUES (?,?,?,?)"
                " ON CONFLICT DO UPDATE SET value=excluded.value, used=excluded.used",
                (self._kind, key, kept, time.monotonic()),
            )
        if kept and not before:
            self._forget()
        return answer

    def _forget(self) -> None:
        # Now and then: a few more than the most may be there meanwhile.
        self._new += 1
        if self._new > self._most // 8:
            self._new = 0
            self._db.execute(
                "DELETE FROM cells WHERE rowid IN"
                " (SELECT rowid FROM cells WHERE kind=? ORDER BY used DESC LIMIT -1 OFFSET ?)",
                (self._kind, self._most),
            )


class _SharedFew:
    """A lock of the kernel for each of the few."""

    def __init__(self, path: Path, count: int) -> None:
        self._paths = [path.with_name(f"{path.name}-{number}.lock") for number in range(count)]
        self._held: list[int] = []

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        until = time.monotonic() + timeout if timeout is not None else None
        while not self._one():
            if not blocking or (until is not None and time.monotonic() >= until):
                return False
            time.sleep(_ASK_EVERY)
        return True

    def release(self) -> None:
        os.close(self._held.pop())

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _one(self) -> bool:
        for path in self._paths:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if _locked(fd):
                self._held.append(fd)
                return True
            os.close(fd)
        return False


def _opened(place: Path) -> apsw.Connection:
    db = apsw.Connection(str(place / "cells.sqlite"))
    db.set_busy_timeout(_PATIENCE)
    db.execute("PRAGMA synchronous=OFF").fetchall()
    return db


def _own(stack: ExitStack, parent: Path) -> Path:
    """A new folder, that goes with the stack; it is held by a lock meanwhile."""
    for left in parent.glob(f"{_PREFIX}*"):
        _sweep(left)
    place = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    stack.callback(shutil.rmtree, place, ignore_errors=True)
    fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, fd)
    _locked(fd)
    return place


def _sweep(left: Path) -> None:
    try:
        fd = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return  # of somebody else, or gone
    try:
        said = os.fstat(fd)
        if said.st_uid == os.getuid() and time.time() - said.st_mtime > _YOUNG and _locked(fd):
            shutil.rmtree(left, ignore_errors=True)
    finally:
        os.close(fd)


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
