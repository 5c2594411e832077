# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server remembers of those who ask, and how few may do a thing at one time: in memory alone.

One process keeps it to itself; several that serve one archive have it in common (`processes.shared`), so that no limit
is as many times as wide as there are processes.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, TypeVar

T = TypeVar("T")


class Cells(Protocol):
    """Some bytes for each key. Of too many, those are forgotten that were not changed for longest."""

    def change(self, key: bytes, change: Callable[[bytes], tuple[bytes, T]]) -> T:
        """`change` gets what is kept, b"" where nothing is; it gives what is kept from now on, and the answer.

        It runs once, while nobody else changes anything, so it has to be quick. Where it raises, nothing changes.
        """


class Few(Protocol):
    """So many at one time. Whoever dies has let go."""

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool: ...

    def release(self) -> None: ...

    def __enter__(self) -> bool: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class Memory(Protocol):
    """key      makes hashes of clients that say nothing elsewhere; never written
    made     a folder for files that are made while somebody waits; None where each process has its own
    counted  a folder for the counters of all processes; None for one process alone
    """

    @property
    def key(self) -> bytes: ...

    @property
    def made(self) -> Path | None: ...

    @property
    def counted(self) -> Path | None: ...

    def cells(self, kind: str, most: int) -> Cells:
        """The same cells for the same kind."""

    def few(self, name: str, count: int = 1) -> Few:
        """The same few for the same name."""


class OwnCells:
    """Cells of this process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    def count(self) -> int:
        return len(self._kept)

    def change(self, key: bytes, change: Callable[[bytes], tuple[bytes, T]]) -> T:
        with self._lock:
            kept, answer = change(self._kept.get(key, b""))
            if not kept:
                self._kept.pop(key, None)
                return answer
            self._kept[key] = kept
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return answer


class OwnMemory:
    """The memory of a server that is one process."""

    made: Final = None
    counted: Final = None

    def __init__(self) -> None:
        self.key: Final = secrets.token_bytes(16)
        self._lock = threading.Lock()
        self._cells: dict[str, OwnCells] = {}
        self._few: dict[str, threading.BoundedSemaphore] = {}

    def cells(self, kind: str, most: int) -> Cells:
        with self._lock:
            return self._cells.setdefault(kind, OwnCells(most))

    def few(self, name: str, count: int = 1) -> Few:
        with self._lock:
            return self._few.setdefault(name, threading.BoundedSemaphore(count))
