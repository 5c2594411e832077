# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many answers a second are given to everybody together, told in the headers that MusicBrainz uses."""

import threading
import time
from collections.abc import Callable
from typing import Final

LIMIT: Final = 300


class Rate:
    """Counts requests by the second. `clock` gives seconds since 1970."""

    def __init__(self, limit: int = LIMIT, clock: Callable[[], float] = time.time) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._second, self._count = 0, 0

    def count(self) -> tuple[bool, dict[str, str]]:
        """May one more be answered, and the headers that say how many more may."""
        with self._lock:
            second = int(self._clock())
            if second != self._second:
                self._second, self._count = second, 0
            self._count += 1
            left = self._limit - self._count
        headers = {
            "X-RateLimit-Limit": str(self._limit),
            "X-RateLimit-Remaining": str(max(left, 0)),
            "X-RateLimit-Reset": str(second + 1),
        }
        if left < 0:
            headers["Retry-After"] = "1"
        return left >= 0, headers
