# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaves the disk to others: reads at a stated rate and no faster."""

import time
from collections.abc import Callable

from onrecord.store.digest import ReadInto


class Pace:
    """Holds one reader to `rate` bytes a second; 0 means no bound. Time not used is not saved up for a burst.

    `clock` gives seconds, `sleep` waits that many.
    """

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0

    def hold(self, read_into: ReadInto) -> ReadInto:
        """The same reads, each followed by the wait that the rate asks for."""
        if not self._rate:
            return read_into

        def paced(view: memoryview) -> int:
            got = read_into(view)
            now = self._clock()
            self._next = max(self._next, now) + got / self._rate
            self._sleep(max(0.0, self._next - now))
            return got

        return paced
