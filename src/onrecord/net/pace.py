# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pace of each host: requests are spaced, and a host that asks for patience is left alone, whoever wants it."""

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from typing import Final

from onrecord.net.failures import LeftToLater

_CENTURY: Final = 3_000_000_000.0  # longer is no longer a date


class Pace:
    """One for all threads of a client.

    rate   requests a second for a host; `rates` has other ones by host name
    cap    seconds: who would have to wait longer is told LeftToLater instead

    Requests are spaced evenly; nothing is saved up for a burst. `clock` counts seconds from anywhere, `now` since 1970.
    """

    def __init__(
        self,
        rate: float,
        rates: Mapping[str, float],
        cap: float,
        clock: Callable[[], float],
        now: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        if not all(one > 0 for one in (rate, *rates.values())):
            raise ValueError(f"a rate is requests a second, more than none: got {rate}, {dict(rates)}")
        self._spacing = 1 / rate
        self._spacings = {host: 1 / one for host, one in rates.items()}
        self._cap = cap
        self._clock = clock
        self._now = now
        self._sleep = sleep
        self._free: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, host: str) -> None:
        """Return when it is this caller's turn to send one request to `host`."""
        while seconds := self._seconds_left(host):
            self._sleep(seconds)

    def hold(self, host: str, seconds: float) -> None:
        """Leave `host` alone for so long from now, for every caller. LeftToLater where that is over the cap."""
        with self._lock:
            self._free[host] = max(self._free.get(host, 0.0), self._clock() + min(seconds, _CENTURY))
        self._check(host, seconds)

    def slow_down(self, host: str, spacing: float) -> None:
        """Space requests to `host` by at least so many seconds (a crawl-delay)."""
        with self._lock:
            faster = self._spacings.get(host, self._spacing)
            self._spacings[host] = spacing = max(spacing, faster)
            if host in self._free:
                self._free[host] += spacing - faster

    def _seconds_left(self, host: str) -> float:
        with self._lock:
            clock = self._clock()
            left = max(0.0, self._free.get(host, clock) - clock)
            if not left:
                self._free[host] = clock + self._spacings.get(host, self._spacing)
        self._check(host, left)
        return left

    def _check(self, host: str, seconds: float) -> None:
        if seconds > self._cap:
            until = dt.datetime.fromtimestamp(self._now() + min(seconds, _CENTURY), dt.UTC)
            raise LeftToLater(host, until)


def seconds_asked(retry_after: str, now: float) -> float | None:
    """The seconds that a Retry-After field asks for (RFC 9110, 10.2.3: seconds or a date), None where it says neither.

    A date in the past asks for none.
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:400])
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(text)
        return max(0.0, date.replace(tzinfo=date.tzinfo or dt.UTC).timestamp() - now)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
