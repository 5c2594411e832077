# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/explore`: the state of the archive in pictures, each with its table and its question.

Counting takes a while where the archive is large, so it goes on beside the pages: who comes first waits a moment, then
is told to come back; who comes later sees what was counted last, until the new figures are there.
"""

import logging
import threading
from collections.abc import Sequence
from math import gcd
from pathlib import Path
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onrecord.archive import Archive
from onrecord.archive.exploring import CHARTS, Chart, Counted, Explored, explore, kept, state
from onrecord.errors import OnrecordError
from onrecord.web.memory import Memory
from onrecord.web.render import Render

_LOG: Final = logging.getLogger(__name__)
#: Seconds that a visitor waits for the first figures.
_PATIENCE: Final = 4.0
#: The box that columns are drawn in; labels stand below.
_WIDTH: Final = 720
_HEIGHT: Final = 160
_MOST_COLUMNS: Final = 240
_WIDEST: Final = 60


class Column(Struct, frozen=True):
    """A column of a drawing, in the units of its box. `label` is "" where there is no room to write it."""

    x: float
    width: float
    height: float
    label: str
    says: str


class Drawn(Struct, frozen=True):
    """A chart and its answer. `columns` for what has a scale; else bars are drawn from the rows, which are parts of
    `most`."""

    chart: Chart
    counted: Counted
    columns: Sequence[Column]
    most: int


class Explore:
    """The pictures of one archive."""

    def __init__(self, folder: Path, render: Render, memory: Memory) -> None:
        self._folder = folder
        self._page = render.page
        self._counting = threading.Lock()
        self._one = memory.few("explore")
        self._worker: threading.Thread | None = None
        self._said = ""

    def routes(self) -> list[BaseRoute]:
        return [Route("/explore", self.page)]

    def page(self, request: Request) -> Response:
        explored, is_new = self._explored()
        charts = {chart.name: chart for chart in CHARTS}
        values = {
            "drawn": [draw(charts[it.name], it) for it in explored.counted if it.name in charts and it.rows]
            if explored
            else [],
            "explored": explored,
            "is_new": is_new,
            "said": self._said,
        }
        headers = {} if explored or self._said else {"Refresh": "5"}
        return self._page("explore.html", request, values, headers=headers)

    def _explored(self) -> tuple[Explored | None, bool]:
        """What was counted last, and whether it is what would be counted now."""
        with Archive.open(self._folder) as archive:
            last, now = kept(archive), state(archive)
            settled = archive.is_snapshot
        if settled and not last:
            self._said = "a copy for readers counts nothing, and nothing was counted where it was made"
        if settled or (last and last.state == now):
            return last, True
        worker = self._count()
        if not last:
            worker.join(_PATIENCE)
            with Archive.open(self._folder) as archive:
                last = kept(archive)
        return last, bool(last and last.state == now)

    def _count(self) -> threading.Thread:
        with self._counting:
            if not (self._worker and self._worker.is_alive()):
                self._worker = threading.Thread(target=self._work, name="explore", daemon=True)
                self._worker.start()
            return self._worker

    def _work(self) -> None:
        try:
            with self._one, Archive.open(self._folder) as archive:
                last = kept(archive)
                if not last or last.state != state(archive):  # another process may have counted meanwhile
                    explore(archive)
            self._said = ""
        except OnrecordError as error:
            self._said = error.message
            _LOG.warning("the figures could not be counted: %s", error.message)


def draw(chart: Chart, counted: Counted) -> Drawn:
    """Where the marks of a chart lie."""
    most = max(number for _, number, _ in counted.rows)
    columns = _columns(counted.rows, most) if chart.over == "scale" else ()
    if chart.over == "shares":
        most = 0
    return Drawn(chart, counted, columns, most)


def _columns(rows: Sequence[tuple[str, int, int]], most: int) -> list[Column]:
    """One for each step of the scale, those between the first and the last that nothing falls on as well."""
    numbers = {int(label): number for label, number, _ in rows}
    first, last = min(numbers), max(numbers)
    step = gcd(*(at - first for at in numbers)) or 1
    step = max(step, -(-(last - first + 1) // _MOST_COLUMNS))
    found: dict[int, int] = {}
    for at, number in numbers.items():
        place = first + (at - first) // step * step
        found[place] = found.get(place, 0) + number
    places = range(first, last + 1, step)
    most = max(found.values(), default=most)
    width = min(_WIDTH / len(places), _WIDEST)
    every = max(1, round(len(places) / 9))
    return [
        Column(
            round(index * width, 2),
            round(max(width * 0.82, 0.8), 2),
            round(max(_HEIGHT * found.get(at, 0) / most, 1.5 if found.get(at) else 0), 2),
            str(at) if index % every == 0 else "",
            f"{at}: {found.get(at, 0):,}",
        )
        for index, at in enumerate(places)
    ]
