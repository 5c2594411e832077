# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much one client gets: so many requests a second, so many different things an hour. In memory alone."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

#: Clients that are told apart; of more, those are forgotten that were not seen for longest.
_MOST: Final = 4_096
_HOUR: Final = 3600.0
_BITS: Final = 1 << 14
#: Seconds of the rate that may be used up at once: a page brings its files, somebody opens ten tabs.
BURST: Final = 15


class Bucket:
    """So many requests a second for each client, on average. 0: no bound."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._left: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def take(self, client: bytes) -> int:
        """Count one more. The seconds to wait where it is too many, else 0."""
        if not 0 < self._rate < math.inf:
            return 0
        now, most = self._clock(), max(self._rate * BURST, 1.0)
        left, at = self._left.get(client, (most, now))
        left = min(left + (now - at) * self._rate, most)
        taken = left >= 1
        self._left[client] = (left - taken, now)
        self._left.move_to_end(client)
        if len(self._left) > _MOST:
            self._left.popitem(last=False)
        return 0 if taken else math.ceil((1 - left) / self._rate)


class Walks:
    """How many different things each client asked for in an hour, to a percent, in two kilobytes a client.

    Each thing sets one bit of a map by its hash; from the bits that are left the number follows (linear counting).
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: OrderedDict[bytes, _Map] = OrderedDict()

    def count(self, client: bytes, thing: bytes) -> tuple[float, int]:
        """With this one: how many, and the seconds until the hour is over. Infinite where they cannot be counted."""
        now = self._clock()
        seen = self._seen.get(client)
        if seen is None or now - seen.begun >= _HOUR:
            seen = self._seen[client] = _Map(now)
        self._seen.move_to_end(client)
        if len(self._seen) > _MOST:
            self._seen.popitem(last=False)
        return seen.add(int.from_bytes(thing, "big")), int(seen.begun + _HOUR - now) + 1


class _Map:
    __slots__ = ("begun", "bits", "unset")

    def __init__(self, begun: float) -> None:
        self.begun = begun
        self.bits = bytearray(_BITS // 8)
        self.unset = _BITS

    def add(self, number: int) -> float:
        place, bit = divmod(number % _BITS, 8)
        if not self.bits[place] >> bit & 1:
            self.bits[place] |= 1 << bit
            self.unset -= 1
        return round(_BITS * math.log(_BITS / self.unset)) if self.unset else math.inf
