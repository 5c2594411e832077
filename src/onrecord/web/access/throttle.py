# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords that were wrong make the next try wait, for the client that sent them and for the name they were for."""

import time
from array import array
from collections.abc import Callable
from typing import Final

from onrecord.web.memory import Cells, OwnCells

#: Wrong tries within the time, before the next has to wait.
OF_A_CLIENT: Final = 10
OF_A_NAME: Final = 50
_SECONDS: Final = 900.0
MOST: Final = 10_000


class Throttle:
    """Counts wrong passwords by what stands for a client or a name (`Clients.hashed`). From any number of threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, cells: Cells | None = None) -> None:
        self._clock = clock
        self._wrong = cells or OwnCells(MOST)

    def wait(self, client: bytes, name: bytes) -> int:
        """Seconds until the next try; 0 where it may be now. It is counted as wrong until `forgive` says else.

        Counted before the password is looked at: tries that come at once would all find the way free.
        """
        if wait := self._count(client, OF_A_CLIENT):
            return wait
        if wait := self._count(name, OF_A_NAME):
            self._take_back(client)
        return wait

    def forgive(self, client: bytes, name: bytes) -> None:
        """The last try was right."""
        for key in (client, name):
            self._take_back(key)

    def _count(self, key: bytes, most: int) -> int:
        def counted(kept: bytes) -> tuple[bytes, int]:
            now = self._clock()
            tries = [at for at in array("d", kept) if at > now - _SECONDS]
            due = tries[-most] + _SECONDS - now if len(tries) >= most else 0.0
            if due <= 0:
                tries.append(now)
            return array("d", tries).tobytes(), int(due) + 1 if due > 0 else 0

        return self._wrong.change(key, counted)

    def _take_back(self, key: bytes) -> None:
        self._wrong.change(key, lambda kept: (array("d", kept)[:-1].tobytes(), None))
