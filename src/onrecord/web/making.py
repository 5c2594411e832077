# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are made while somebody waits: whole, by a worker, so that their length is known and their parts can be
asked for; then kept for a while. Nothing is sent from here without asking the rights anew.
"""

import os
import shutil
import tempfile
import threading
import time
import weakref
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Generic, TypeVar

from onrecord import audio
from onrecord.engine.pool import Workers
from onrecord.errors import OnrecordError
from onrecord.model.sound import Fault
from onrecord.web.memory import Memory

#: So many answers wait for one at a time: each holds a thread that the page answers with, too.
_WAITING: Final = 8
_MOST_NAMES: Final = 10_000
#: Locks for names: of one is made one file at a time.
_LOCKS: Final = 64
_PART: Final = ".part"
Job = TypeVar("Job")


class Making(Generic[Job]):
    """What was made, in a folder that goes with this, or with the processes that share it; made once however many ask.
    For any thread.

    `room` is how many bytes stay. `make` makes one, at most `at_once` at a time; a Fault where it cannot. What is used
    is told by the times of the files, so that all processes know it.
    """

    def __init__(
        self, kind: str, room: int, at_once: int, make: Callable[[Job], Fault | None], memory: Memory
    ) -> None:
        self._kind = kind
        self._room = room
        self._make = make
        self._memory = memory
        self._place = memory.made / kind if memory.made else None
        self._busy = memory.few(f"making {kind}", at_once)
        self._waiting = threading.BoundedSemaphore(_WAITING)
        self._clearing = memory.few(f"clearing {kind}")
        self._size = memory.cells(f"made {kind}", 1)
        self._refused: set[str] = set()

    def get(self, name: str, job: Callable[[Path], Job]) -> Path | None:
        """The file of a name, made by the job for its path; None where it cannot be made, or too many wait."""
        target = self._folder() / name
        if _is_there(target):
            return target
        if not self._waiting.acquire(blocking=False):
            return None
        try:
            with self._memory.few(f"{self._kind} {zlib.crc32(name.encode()) % _LOCKS}"):
                if name not in self._refused and not _is_there(target):
                    with self._busy:
                        fault = self._make(job(target))
                    if fault is None:
                        self._make_room(target.stat().st_size)
                    else:
                        self._refuse(name)
                return None if name in self._refused else target
        finally:
            self._waiting.release()

    def drop(self, name: str) -> None:
        """Forget a file that may not be sent any more."""
        (self._folder() / name).unlink(missing_ok=True)

    def _refuse(self, name: str) -> None:
        if len(self._refused) > _MOST_NAMES:
            self._refused.clear()
        self._refused.add(name)

    def _make_room(self, size: int) -> None:
        """For what was made: those leave that were used longest ago, and never the last."""

        def grown(kept: bytes) -> tuple[bytes, int]:
            total = int(kept or 0) + size
            return b"%d" % total, total

        if self._size.change(b"", grown) <= self._room:
            return
        with self._clearing:
            found = _listed(self._folder())
            total = sum(size for _, size, _ in found)
            for _, size, path in found[:-1]:
                if (
                    total <= self._room - self._room // 8
                ):  # more than it takes, so that the next need not look
                    break
                # Whoever is being sent it has it open.
                path.unlink(missing_ok=True)
                total -= size
            self._size.change(b"", lambda _: (b"%d" % total, None))

    def _folder(self) -> Path:
        if self._place is None:
            self._place = Path(tempfile.mkdtemp(prefix="onrecord-made-"))
            weakref.finalize(self, shutil.rmtree, self._place, ignore_errors=True)
        self._place.mkdir(exist_ok=True)
        return self._place


def whole(target: Path, make: Callable[[int], object]) -> Fault | None:
    """A file of what `make` writes to a descriptor: there once it is whole, and not at all where `make` says Fault."""
    part = target.with_suffix(_PART)
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        made = make(descriptor)
    finally:
        os.close(descriptor)
    if isinstance(made, Fault):
        part.unlink()
        return made
    part.rename(target)
    return None


def _listed(folder: Path) -> list[tuple[int, int, Path]]:
    """(when it was used, bytes, path) of what was made, what was used longest ago first."""
    found = []
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another dropped it
            said = path.stat()
            found.append((said.st_mtime_ns, said.st_size, path))
    return sorted(item for item in found if item[2].suffix != _PART)


def _is_there(target: Path) -> bool:
    try:
        os.utime(target, ns=(time.time_ns(), time.time_ns()))
    except FileNotFoundError:
        return False
    return True


class InWorkers(Generic[Job]):
    """Does jobs in processes that are begun with the first of them. `work` is a function of a module."""

    def __init__(self, at_once: int, work: Callable[[Job], Fault | None]) -> None:
        self._count = at_once
        self._work = work
        self._workers = Workers(at_once, audio.preload)

    def __call__(self, job: Job) -> Fault | None:
        try:
            return next(self._workers.map(self._work, [job]))
        except OnrecordError as error:
            self._workers = Workers(self._count, audio.preload)  # a worker died, and its pool with it
            return Fault("crashed", str(error))
