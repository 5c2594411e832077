# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's robots.txt allows (RFC 9309): asked for once, obeyed for as long as the client lives."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from onrecord.errors import SourceFailed
from onrecord.net.failures import AddressRefused, LeftToLater, RobotsRefused, UnexpectedStatus

if TYPE_CHECKING:
    import httpx2
    from protego import Protego

#: The product token that a robots.txt may name.
AGENT: Final = "onrecord"


class Robots:
    """Asks `load` for the text of a robots.txt by its address, once a scheme, host and port.

    An answer of 4xx allows everything, as RFC 9309 says; but 429 for ever asks for less, not for more, so it forbids
    (`load` tells it as it tells 503), as do 5xx and a host that cannot be reached. `slow_down` is told the host and its
    crawl-delay in seconds.
    """

    def __init__(self, load: Callable[[str], str], slow_down: Callable[[str, float], None]) -> None:
        self._load = load
        self._slow_down = slow_down
        self._rules: dict[str, Protego | str] = {}
        self._locks: dict[str, threading.Lock] = {}

    def check(self, url: "httpx2.URL") -> None:
        """RobotsRefused where `url` must not be fetched."""
        where = str(url.copy_with(raw_path=b"/robots.txt"))
        with self._locks.setdefault(where, threading.Lock()):
            if where not in self._rules:
                self._rules[where] = self._read(where, url.host)
        rules = self._rules[where]
        if isinstance(rules, str):
            raise RobotsRefused(
                f"{url.host}: its robots.txt could not be read, which forbids: {rules}", "try again later"
            )
        if not rules.can_fetch(str(url), AGENT):
            raise RobotsRefused(f"{url.copy_with(query=None)}: forbidden by {where}", "ask its owner")

    def _read(self, where: str, host: str) -> "Protego | str":
        """The rules, or why there are none to be had."""
        from protego import Protego

        try:
            rules = Protego.parse(self._load(where))
        except (LeftToLater, AddressRefused):
            raise
        except UnexpectedStatus as error:
            return Protego.parse("") if 400 <= error.status < 500 else error.message
        except SourceFailed as error:
            return error.message
        if delay := rules.crawl_delay(AGENT):
            self._slow_down(host, delay)
        return rules
