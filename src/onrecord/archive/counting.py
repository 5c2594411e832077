# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts who holds the torrents of the newest editions: by their trackers, and by what the own sessions see."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.archive import swarm
from onrecord.archive.core import Archive
from onrecord.archive.newest_editions import torrents
from onrecord.archive.swarm import Count
from onrecord.errors import MirrorFailed, OnrecordError, StoreFailed
from onrecord.mirror.scraping import Scraped, scrape
from onrecord.mirror.session import Seen
from onrecord.model.views import SwarmView

#: How often a running seed counts.
EVERY: Final = dt.timedelta(hours=3)


class Counted(Struct, frozen=True):
    """A torrent of the newest editions: `swarm` is None where nobody counted, `holders` where nobody was asked."""

    torrent: str
    swarm: SwarmView | None
    holders: int | None


class Counting:
    """Counts now and then while something is seeded. A count that fails is said, and nothing more comes of it.

    Trackers are asked from the address `ask_from`, not at all without one, and in a thread of its own: many may be
    silent, and what is seeded must be looked after meanwhile.
    """

    def __init__(
        self,
        archive: Archive,
        ask_from: str = "",
        say: Callable[[str], None] = lambda line: None,
        every: dt.timedelta = EVERY,
    ) -> None:
        self._archive, self._ask_from, self._say, self._every = archive, ask_from, say, every
        self._due = time.monotonic()
        self._stop = threading.Event()
        self._asking: threading.Thread | None = None
        self._asked: dict[str, Scraped] | OnrecordError = {}

    def go_on(self, seen: Callable[[], Iterable[Seen]]) -> bool:
        """To be called every few seconds; tells whether a count was written down. `seen` is asked for one."""
        if self._asking is not None:
            if self._asking.is_alive():
                return False
            self._asking = None
            return self._write(seen())
        if time.monotonic() < self._due:
            return False
        self._due = time.monotonic() + self._every.total_seconds()
        if not self._ask_from:
            return self._write(seen())
        self._asking = threading.Thread(target=self._ask, args=(torrents(self._archive),))
        self._asking.start()
        return False

    def close(self) -> None:
        """Ask no further; what is not written down by now is dropped."""
        self._stop.set()
        if self._asking is not None:
            self._asking.join()

    def _ask(self, listed: Mapping[str, Path]) -> None:
        try:
            self._asked = scrape(listed, self._ask_from, stopped=self._stop.is_set)
        except OnrecordError as error:
            self._asked = error
        except OSError as error:  # a torrent went away meanwhile
            self._asked = MirrorFailed(str(error))

    def _write(self, seen: Iterable[Seen]) -> bool:
        try:
            if isinstance(self._asked, OnrecordError):
                self._say(f"trackers were not asked: {self._asked.message}")
                self._asked = {}
            return put(self._archive, seen, self._asked) > 0
        except StoreFailed as error:
            self._say(f"what was counted is not kept: {error.message}")
            return False


def put(archive: Archive, seen: Iterable[Seen], asked: Mapping[str, Scraped]) -> int:
    """Write down what sessions see and what trackers said; gives the number of torrents.

    Where a tracker answered, its word stands: it knows more than those who happen to be connected.
    """
    own = {each.name: each for each in seen}
    counts = []
    for name in sorted(own.keys() | asked.keys()):
        here, said = own.get(name), asked.get(name)
        whole = bool(here and here.whole) or bool(said and said.seeders)
        if said is not None:
            counts.append(Count(name, "tracker", said.seeders, said.leechers, said.completed, whole))
        elif here is not None:
            counts.append(Count(name, "session", here.whole, here.partly, None, whole))
    if counts:
        swarm.put(archive, counts, archive.clock())
    return len(counts)


def counted(archive: Archive) -> list[Counted]:
    """What is known of each torrent of the newest editions."""
    names = list(torrents(archive))
    found, holders = swarm.latest(archive, names), swarm.holders(archive)
    return [Counted(name, found.get(name), holders.get(name)) for name in names]
