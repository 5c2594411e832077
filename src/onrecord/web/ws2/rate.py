# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many answers a second are given to everybody together, told in the headers that MusicBrainz uses."""

import struct
import time
from collections.abc import Callable
from typing import Final

from onrecord.web.memory import Cells, OwnCells

LIMIT: Final = 300
#: A second, and what was counted in it.
_COUNTED: Final = struct.Struct("qq")


class Rate:
    """Counts requests by the second. `clock` gives seconds since 1970."""

    def __init__(
        self, limit: int = LIMIT, clock: Callable[[], float] = time.time, cells: Cells | None = None
    ) -> None:
        self._limit = limit
        self._clock = clock
        self._cells = cells or OwnCells(1)

    def count(self) -> tuple[bool, dict[str, str]]:
        """May one more be answered, and the headers that say how many more may."""
        second, count = self._cells.change(b"", self._counted)
        left = self._limit - count
        headers = {
            "X-RateLimit-Limit": str(self._limit),
            "X-RateLimit-Remaining": str(max(left, 0)),
            "X-RateLimit-Reset": str(second + 1),
        }
        if left < 0:
            headers["Retry-After"] = "1"
        return left >= 0, headers

    def _counted(self, kept: bytes) -> tuple[bytes, tuple[int, int]]:
        second = int(self._clock())
        before, count = _COUNTED.unpack(kept) if kept else (second, 0)
        count = count + 1 if before == second else 1
        return _COUNTED.pack(second, count), (second, count)
