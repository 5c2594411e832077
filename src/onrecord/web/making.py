# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are made while somebody waits: whole, by a worker, so that their length is known and their parts can be
asked for; then kept for a while. Nothing is sent from here without asking the rights anew.
"""

import os
import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

from onrecord import audio
from onrecord.engine.pool import Workers
from onrecord.errors import OnrecordError
from onrecord.model.sound import Fault

#: So many answers wait for one at a time: each holds a thread that the page answers with, too.
_WAITING: Final = 8
_MOST_NAMES: Final = 10_000
Job = TypeVar("Job")


class Making(Generic[Job]):
    """What was made, in a folder of its own that goes with this; made once however many ask. For any thread.

    `room` is how many bytes stay. `make` makes one, at most `at_once` at a time; a Fault where it cannot.
    """

    def __init__(self, room: int, at_once: int, make: Callable[[Job], Fault | None]) -> None:
        self._room = room
        self._folder: Path | None = None
        self._make = make
        self._busy = threading.BoundedSemaphore(at_once)
        self._waiting = threading.BoundedSemaphore(_WAITING)
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}
        self._made: OrderedDict[str, int] = OrderedDict()
        self._refused: set[str] = set()

    def get(self, name: str, job: Callable[[Path], Job]) -> Path | None:
        """The file of a name, made by the job for its path; None where it cannot be made, or too many wait."""
        target = self._place() / name
        if self._is_there(name, target):
            return target
        if not self._waiting.acquire(blocking=False):
            return None
        try:
            with self._making_of(name):
                if name not in self._refused and not self._is_there(name, target):
                    with self._busy:
                        fault = self._make(job(target))
                    self._note(name, target, fault)
                return None if name in self._refused else target
        finally:
            self._waiting.release()

    def drop(self, name: str) -> None:
        """Forget a file that may not be sent any more."""
        with self._lock:
            if self._made.pop(name, None) is not None:
                (self._place() / name).unlink(missing_ok=True)

    def _making_of(self, name: str) -> threading.Lock:
        with self._lock:
            if len(self._making) > _MOST_NAMES:
                self._making.clear()  # at worst one that is being made is made twice
            return self._making.setdefault(name, threading.Lock())

    def _is_there(self, name: str, target: Path) -> bool:
        with self._lock:
            if name in self._made and target.exists():
                self._made.move_to_end(name)
                return True
            return False

    def _note(self, name: str, target: Path, fault: Fault | None) -> None:
        with self._lock:
            if fault is not None:
                if len(self._refused) > _MOST_NAMES:
                    self._refused.clear()
                self._refused.add(name)
                return
            self._made[name] = target.stat().st_size
            while sum(self._made.values()) > self._room and len(self._made) > 1:
                oldest, _ = self._made.popitem(last=False)
                # Whoever is being sent it has it open.
                (self._place() / oldest).unlink(missing_ok=True)

    def _place(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="onrecord-made-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder


def whole(target: Path, make: Callable[[int], object]) -> Fault | None:
    """A file of what `make` writes to a descriptor: there once it is whole, and not at all where `make` says Fault."""
    part = target.with_suffix(".part")
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
