# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/editions`: what is given away, who holds it, what needs copies. `/editions/plan`: what to take of it for a start.

The plan is the one that `onrecord mirror plan` makes for a mirror that holds nothing yet and knows what is known here.
"""

import datetime as dt
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onrecord.archive import Archive, planning, swarm
from onrecord.archive.keyholding import feed_folder
from onrecord.archive.planning import Planned
from onrecord.archive.swarm import SwarmDay
from onrecord.errors import UsageError
from onrecord.mirror.planning import Choice, shown
from onrecord.model.views import EditionView, SwarmView
from onrecord.publish.torrent_list import LIST, ListedTorrent, read_torrents
from onrecord.web.reader import Reader
from onrecord.web.render import Render

UNITS: Final = ("TB", "GB", "MB")
#: Volumes whose history is drawn, and those that are listed on either side of a plan.
_MOST_DRAWN: Final = 200
_MOST_LISTED: Final = 500
_NEEDED: Final = 8
_NUMBER: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)
_KEY: Final = re.compile(r"[A-Za-z0-9+/=]{0,100}", re.ASCII)
#: The box that a history is drawn in.
_WIDTH: Final = 360
_HEIGHT: Final = 40


class Bar(Struct, frozen=True):
    """A day of a history, in the units of its box."""

    x: float
    width: float
    height: float
    says: str


class Trail(Struct, frozen=True):
    """The seeders of a torrent day by day; a day without a bar is one on which nobody counted."""

    days: Sequence[SwarmDay]
    bars: Sequence[Bar]
    most: int


class Needed(Struct, frozen=True):
    """A volume that others have shown least of."""

    name: str
    size: int
    copies: str
    swarm: SwarmView | None


class Wish(Struct, frozen=True):
    """What somebody has room for, and wants. `space` as it was written."""

    space: str = ""
    unit: str = UNITS[0]
    licenses: tuple[str, ...] = ()
    shelves: tuple[str, ...] = ()
    key: str = ""

    @property
    def bytes(self) -> int:
        """Raises UsageError."""
        if not _NUMBER.fullmatch(self.space):
            raise UsageError(f"room: expected a number such as 2 or 1.5, got {self.space[:40]!r}")
        if self.unit not in UNITS:
            raise UsageError(f"unit: expected one of {', '.join(UNITS)}, got {self.unit[:40]!r}")
        if not _KEY.fullmatch(self.key):
            raise UsageError("key: expected the holder key of a mirror, as `onrecord mirror prove` prints it")
        return int(Decimal(self.space) * 1000 ** (4 - UNITS.index(self.unit)))

    @property
    def options(self) -> str:
        """The same for the command."""
        words = [f"--space {self.space}{self.unit}"]
        words += [f"--license {shlex.quote(each)}" for each in self.licenses]
        return " ".join(words + [f"--shelf {shlex.quote(each)}" for each in self.shelves])


class Planner:
    """The editions of one archive. Without its folder only what is published is shown."""

    def __init__(self, folder: Path | None, archive: Reader, render: Render) -> None:
        self._folder = folder
        self._archive = archive
        self._page = render.page
        self._read: tuple[tuple[int, int], Sequence[ListedTorrent]] = (0, 0), ()

    def routes(self) -> list[BaseRoute]:
        plan = [Route("/editions/plan", self.plan)] if self._folder else []
        return [Route("/editions", self.editions), *plan]

    def editions(self, request: Request) -> Response:
        editions = self._archive.editions()
        values: dict[str, Any] = {"editions": editions, "trails": {}, "needed": (), "units": UNITS}
        if self._folder and editions:
            with Archive.open(self._folder) as archive:
                values |= {"trails": _trails(archive, editions), "needed": _needed(archive, editions[0])}
        return self._page("editions.html", request, values)

    def plan(self, request: Request) -> Response:
        """The form, and below it what it asked for. The same question gets the same answer until something is shown."""
        assert self._folder is not None  # else there is no such route
        wish, error = _wish(request), None
        planned: Planned | None = None
        with Archive.open(self._folder) as archive:
            listed = self._listed(archive)
            volumes = {each.name: each for each in listed if each.kind == "volume" and not each.obsolete}
            if wish.space:
                try:
                    planned = planning.propose(
                        archive, listed, wish.bytes, wish.licenses, wish.shelves, wish.key
                    )
                except UsageError as said:
                    error = said
        chosen, left = _split(planned)
        values = {
            "wish": wish,
            "units": UNITS,
            "error": error,
            "planned": planned,
            "chosen": chosen,
            "left": left,
            "most": _MOST_LISTED,
            "volumes": volumes,
            "size": sum(each.size for each in volumes.values()),
            "licenses": sorted({license for each in volumes.values() for license in each.licenses}),
            "shelves": sorted({each.shelf for each in volumes.values()}),
            "copies": shown,
            "feed": shlex.quote(f"{request.base_url}feed/feed.json"),
            "edition": self._newest(),
        }
        return self._page("plan.html", request, values, 400 if error else 200)

    def _listed(self, archive: Archive) -> Sequence[ListedTorrent]:
        """What may be given out, as the list beside the feed has it: nothing that was withdrawn is in it. A list of any
        length is read once, until another takes its place."""
        path = feed_folder(archive.folder) / LIST
        try:
            about = path.stat()
            state = about.st_mtime_ns, about.st_ino
            if self._read[0] != state:
                found = read_torrents(path.read_bytes())
                self._read = state, found.torrents if found else ()
        except FileNotFoundError:
            return ()
        return self._read[1]

    def _newest(self) -> EditionView | None:
        return next(iter(self._archive.editions()), None)


def draw(days: Sequence[SwarmDay]) -> Trail:
    """Where the bars of a history lie."""
    at = [dt.date.fromisoformat(each.day) for each in days]
    most = max(each.seeders for each in days)
    width = min(_WIDTH / ((at[-1] - at[0]).days + 1), 12)
    bars = [
        Bar(
            round((day - at[0]).days * width, 2),
            round(max(width * 0.8, 0.8), 2),
            round(max(_HEIGHT * each.seeders / most, 1.5) if each.seeders else 1.0, 2),
            f"{each.day}: {each.seeders:,}",
        )
        for day, each in zip(at, days, strict=True)
    ]
    return Trail(days, bars, most)


def _trails(archive: Archive, editions: Iterable[EditionView]) -> Mapping[str, Trail]:
    names = dict.fromkeys(volume.name for edition in editions for volume in edition.volumes)
    found = swarm.days(archive, [*names][:_MOST_DRAWN])
    return {name: draw(days) for name, days in found.items() if len(days) > 1}


def _needed(archive: Archive, edition: EditionView) -> list[Needed]:
    copies = planning.elsewhere(archive)
    return [
        Needed(each.name, each.size, shown(copies.get(each.name, 0)), each.swarm)
        for each in sorted(
            edition.volumes,
            key=lambda each: (
                copies.get(each.name, 0),
                each.swarm.seeders if each.swarm else 0,
                each.name,
            ),
        )[:_NEEDED]
    ]


def _wish(request: Request) -> Wish:
    asked = request.query_params
    return Wish(
        space=asked.get("space", "").strip().replace(",", "."),
        unit=asked.get("unit", UNITS[0]),
        licenses=tuple(dict.fromkeys(asked.getlist("license")))[:100],
        shelves=tuple(dict.fromkeys(asked.getlist("shelf")))[:100],
        key=asked.get("key", "").strip(),
    )


def _split(planned: Planned | None) -> tuple[list[Choice], list[Choice]]:
    choices = planned.volumes if planned else ()
    return [each for each in choices if each.chosen], [each for each in choices if not each.chosen]
