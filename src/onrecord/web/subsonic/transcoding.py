# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound made smaller while somebody waits: encoded whole by a worker first, so that its length is known and its parts
can be asked for; then kept for a while. Nothing is sent from here without asking the rights anew.
"""

import os
import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord import audio
from onrecord.engine.pool import Workers
from onrecord.errors import OnrecordError
from onrecord.model.sound import Fault
from onrecord.model.views import SoundView

#: Kilobits a second that are made: few, so that what is made for one is there for the next.
LADDER: Final = (256, 192, 160, 128, 96, 64, 48, 32, 24, 16)
#: Where somebody asks for another format and says no rate.
DEFAULT: Final = 128
#: Bytes of what was made that stay.
ROOM: Final = 2 << 30
#: Wall-clock seconds for one, and workers.
_SECONDS: Final = 300.0
_AT_ONCE: Final = 2
#: So many answers wait for one at a time: each holds a thread that the page answers with, too.
_WAITING: Final = 8
_MOST_NAMES: Final = 10_000
#: Seconds of the longest sound that is encoded while somebody waits; `store access` makes copies of longer ones.
LONGEST: Final = 2_400
_OPUS: Final = ("opus", "ogg", "oga")


class Job(Struct, frozen=True):
    source: Path
    target: Path
    kilobits: int
    tags: Mapping[str, str]


def is_wanted(sound: SoundView, form: str, most: int) -> bool:
    """Is Opus to be sent instead of the file?

    `form` and `most` are what the player asked for: "raw" is the file; "" with a rate is the file where it has no more.
    Opus is what is made here: of a player that asks for another format, only the rate is heeded.
    """
    fits = not most or sound.bit_rate / 1000 <= most
    if form == "raw":
        return False
    return not fits or (form in _OPUS and sound.codec != "opus")


def rate_of(most: int) -> int:
    """Kilobits of what is made for whoever takes so many at most; 0 is for whoever did not say."""
    return next((rate for rate in LADDER if rate <= (most or DEFAULT)), LADDER[-1])


def encode(job: Job) -> Fault | None:
    """Runs in a worker. A Fault where it cannot be made, or would be hardly smaller."""
    from onrecord.audio.access import access_copy

    part = job.target.with_suffix(".part")
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        made = access_copy(job.source, descriptor, job.kilobits, tags=job.tags, seconds=_SECONDS)
    finally:
        os.close(descriptor)
    if isinstance(made, Fault):
        part.unlink()
        return made
    part.rename(job.target)
    return None


class Transcodes:
    """What was made, in a folder of its own that goes with this; made once however many ask. For any thread.

    `make` encodes one; by itself that is `encode`, in a worker.
    """

    def __init__(self, room: int = ROOM, make: Callable[[Job], Fault | None] | None = None) -> None:
        self._room = room
        self._folder: Path | None = None
        self._make = make or _Worker()
        self._busy = threading.BoundedSemaphore(_AT_ONCE)
        self._waiting = threading.BoundedSemaphore(_WAITING)
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}
        self._made: OrderedDict[str, int] = OrderedDict()
        self._refused: set[str] = set()

    def get(self, sha256: str, source: Path, kilobits: int, tags: Mapping[str, str]) -> Path | None:
        """The Opus of a sound at a rate; None where it cannot be made, would be hardly smaller, or too many wait."""
        name = f"{sha256}-{kilobits}.opus"
        target = self._place() / name
        if self._is_there(name, target):
            return target
        if not self._waiting.acquire(blocking=False):
            return None
        try:
            with self._making_of(name):
                if name not in self._refused and not self._is_there(name, target):
                    with self._busy:
                        fault = self._make(Job(source, target, kilobits, dict(tags)))
                    self._note(name, target, fault)
                return None if name in self._refused else target
        finally:
            self._waiting.release()

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
            self._folder = Path(tempfile.mkdtemp(prefix="onrecord-opus-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder


class _Worker:
    """Processes that encode, begun with the first that is asked for."""

    def __init__(self) -> None:
        self._workers = Workers(_AT_ONCE, audio.preload)

    def __call__(self, job: Job) -> Fault | None:
        try:
            return next(self._workers.map(encode, [job]))
        except OnrecordError as error:
            self._workers = Workers(_AT_ONCE, audio.preload)  # a worker died, and its pool with it
            return Fault("crashed", str(error))
