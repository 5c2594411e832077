# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much one client gets: so many requests a second, so many different things an hour. In memory alone."""

import math
import struct
import time
from collections.abc import Callable
from typing import Final

from onrecord.web.memory import Cells, OwnCells

#: Clients that are told apart; of more, those are forgotten that were not seen for longest.
MOST: Final = 4_096
_HOUR: Final = 3600.0
_BITS: Final = 1 << 14
#: Seconds of the rate that may be used up at once: a page brings its files, somebody opens ten tabs.
BURST: Final = 15
#: What is left of a client's requests, and when that was so.
_LEFT: Final = struct.Struct("dd")
#: When a client's hour began; a bit for each thing follows.
_BEGUN: Final = struct.Struct("d")


class Bucket:
    """So many requests a second for each client, on average. 0: no bound."""

    def __init__(
        self, rate: float, clock: Callable[[], float] = time.monotonic, cells: Cells | None = None
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._cells = cells or OwnCells(MOST)

    def take(self, client: bytes) -> int:
        """Count one more. The seconds to wait where it is too many, else 0."""
        if not 0 < self._rate < math.inf:
            return 0
        return self._cells.change(client, self._take)

    def _take(self, kept: bytes) -> tuple[bytes, int]:
        now, most = self._clock(), max(self._rate * BURST, 1.0)
        left, at = _LEFT.unpack(kept) if kept else (most, now)
        left = min(left + (now - at) * self._rate, most)
        taken = left >= 1
        return _LEFT.pack(left - taken, now), 0 if taken else math.ceil((1 - left) / self._rate)


class Walks:
    """How many different things each client asked for in an hour, to a percent, in two kilobytes a client.

    Each thing sets one bit of a map by its hash; from the bits that are left the number follows (linear counting).
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, cells: Cells | None = None) -> None:
        self._clock = clock
        self._cells = cells or OwnCells(MOST)

    def count(self, client: bytes, thing: bytes) -> tuple[float, int]:
        """With this one: how many, and the seconds until the hour is over. Infinite where they cannot be counted."""
        place, bit = divmod(int.from_bytes(thing, "big") % _BITS, 8)

        def counted(kept: bytes) -> tuple[bytes, tuple[float, int]]:
            now = self._clock()
            begun, bits = _BEGUN.unpack_from(kept)[0] if kept else now, bytearray(kept[_BEGUN.size :])
            if not kept or now - begun >= _HOUR:
                begun, bits = now, bytearray(_BITS // 8)
            bits[place] |= 1 << bit
            unset = _BITS - int.from_bytes(bits, "big").bit_count()
            seen = round(_BITS * math.log(_BITS / unset)) if unset else math.inf
            return _BEGUN.pack(begun) + bits, (seen, int(begun + _HOUR - now) + 1)

        return self._cells.change(client, counted)
