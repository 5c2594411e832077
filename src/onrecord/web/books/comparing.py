# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes plays up and splits the money, as `onrecord royalties compare` does: one at a time, the last answers kept."""

import tempfile
import threading
from collections import Counter, OrderedDict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.engine.duck import Duck
from onrecord.royalties.comparing import compare
from onrecord.royalties.comparison import Comparison
from onrecord.royalties.generating import Population, generate
from onrecord.royalties.metrics import Group
from onrecord.web.books.sliders import Asked
from onrecord.web.memory import Memory
from onrecord.web.problems import Problem, Told

_KEPT: Final = 64
#: Seconds that a question waits for those before it.
_PATIENCE: Final = 10.0
_WAITING: Final = 6
_MEMORY: Final = "256MB"
#: The box that changes are drawn in: up for more, down for less.
_WIDTH: Final = 300
_HALF: Final = 60


class Bar(Struct, frozen=True):
    """The change of a tenth of the artists, in the units of its box."""

    x: float
    y: float
    width: float
    height: float
    less: bool
    label: str
    says: str


class Drawn(Struct, frozen=True):
    """What a rule does to the tenths of the artists, the most played first. `most` is a bar of full height."""

    rule: str
    bars: tuple[Bar, ...]
    most: float


class Comparing:
    """Answers questions. From any number of threads."""

    def __init__(self, memory: Memory) -> None:
        self._one = memory.few("books")
        # Whoever waits keeps a thread of this process from those who read: few may.
        self._few = threading.BoundedSemaphore(_WAITING)
        self._kept: OrderedDict[Asked, Comparison] = OrderedDict()

    def answer(self, asked: Asked) -> Comparison:
        """Raises UsageError, and Told (503) where too many ask at once."""
        if not self._few.acquire(blocking=False):
            raise _busy()
        try:
            if not self._one.acquire(timeout=_PATIENCE):
                raise _busy()
            try:
                return self._known(asked)
            finally:
                self._one.release()
        finally:
            self._few.release()

    def _known(self, asked: Asked) -> Comparison:
        if asked not in self._kept:
            self._kept[asked] = _compared(asked)
        self._kept.move_to_end(asked)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return self._kept[asked]


def plays(population: Population) -> bytes:
    """The plays as the command reads them: CSV of listener, artist and how often."""
    counted: Counter[tuple[int, int]] = Counter()
    for listeners, artists, times in generate(population):
        for listener, artist, count in zip(listeners.tolist(), artists.tolist(), times.tolist(), strict=True):
            counted[listener, artist] += count
    rows = (f"{listener},{artist},{count}\n" for (listener, artist), count in sorted(counted.items()))
    return "".join(("listener,artist,plays\n", *rows)).encode()


def draw(comparison: Comparison) -> list[Drawn]:
    """Where the bars lie, by one measure for all rules: from nothing left to twice as much, or as far as needed."""
    changed = {name: outcome.change for name, outcome in comparison.models.items() if outcome.change}
    most = max([abs(group.change or 0.0) for told in changed.values() for group in told.deciles], default=0.0)
    most = min(max(most, 0.05), 1.0)
    return [Drawn(name, _bars(told.deciles, most), most) for name, told in changed.items()]


def _bars(groups: Sequence[Group], most: float) -> tuple[Bar, ...]:
    width = _WIDTH / max(len(groups), 1)
    found = []
    for index, group in enumerate(groups):
        change = group.change or 0.0
        height = max(_HALF * min(abs(change), most) / most, 1.0)
        found.append(
            Bar(
                x=round(index * width, 2),
                y=round(_HALF - height, 2) if change >= 0 else _HALF,
                width=round(width * 0.82, 2),
                height=round(height, 2),
                less=change < 0,
                label=str(index + 1),
                says=f"tenth {index + 1}: {change:+.1%}",
            )
        )
    return tuple(found)


def whole(amount: str) -> str:
    """Money for a person, in hundredths: the exact sum is in the command's own answer."""
    return f"{Decimal(amount):,.2f}"


def _busy() -> Told:
    detail = "Others are asking just now, and one question is answered at a time."
    return Told(Problem(503, "Not now", detail), {"Retry-After": "5"})


def _compared(asked: Asked) -> Comparison:
    with tempfile.TemporaryDirectory(prefix="onrecord-books-") as folder:
        path = Path(folder) / "plays.csv"
        path.write_bytes(plays(asked.population))
        duck = Duck(Path(folder), memory=_MEMORY, threads=1)
        try:
            return compare(path, asked.options, duck, Path(folder))
        finally:
            duck.close()
