# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords that were wrong make the next try wait, for the client that sent them and for the name they were for."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

#: Wrong tries within the time, before the next has to wait.
OF_A_CLIENT: Final = 10
OF_A_NAME: Final = 50
_SECONDS: Final = 900.0
_MOST: Final = 10_000


class Throttle:
    """Counts wrong passwords by what stands for a client or a name (`Clients.hashed`). From any number of threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong: OrderedDict[bytes, list[float]] = OrderedDict()

    def wait(self, client: bytes, name: bytes) -> int:
        """Seconds until the next try; 0 where it may be now. It is counted as wrong until `forgive` says else.

        Counted before the password is looked at: tries that come at once would all find the way free.
        """
        with self._lock:
            now = self._clock()
            waits = [self._due(key, most, now) for key, most in ((client, OF_A_CLIENT), (name, OF_A_NAME))]
            if max(waits) > 0:
                return int(max(waits)) + 1
            for key in (client, name):
                self._wrong.setdefault(key, []).append(now)
                self._wrong.move_to_end(key)
            while len(self._wrong) > _MOST:
                self._wrong.popitem(last=False)
            return 0

    def forgive(self, client: bytes, name: bytes) -> None:
        """The last try was right."""
        with self._lock:
            for key in (client, name):
                if tries := self._wrong.get(key):
                    tries.pop()

    def _due(self, key: bytes, most: int, now: float) -> float:
        tries = [at for at in self._wrong.get(key, ()) if at > now - _SECONDS]
        if key in self._wrong:
            self._wrong[key] = tries
        return tries[-most] + _SECONDS - now if len(tries) >= most else 0.0
