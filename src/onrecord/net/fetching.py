# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches a small document from a host that the operator named: bounded, no redirect to another host.

The host may be a private one (a mirror on the same network), so what `Client` refuses is allowed here.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from onrecord import __version__
from onrecord.errors import SourceFailed
from onrecord.net.bodies import whole
from onrecord.net.failures import AskAgain, TooSlow, UnexpectedStatus
from onrecord.net.pace import seconds_asked

if TYPE_CHECKING:
    import httpx2

_TRIES: Final = 3
_SECONDS: Final = 20.0
_REDIRECTS: Final = 3


def fetch(
    address: str,
    most: int,
    pause: Callable[[float], None] = time.sleep,
    seconds: float = _SECONDS,
    part: tuple[int, int] | None = None,
    client: "httpx2.Client | None" = None,
) -> bytes:
    """The bytes behind an http or https address, at most `most` of them.

    `part` asks for the bytes from the first to the last of two places alone; a server that sends all is refused.
    `client` has connections that stay open (`connected`), for whoever asks for much.

    A connection that fails and an answer of 429 or 5xx are tried again, as the server asks but a minute at most;
    then SourceFailed says what came. A redirect is followed on the same host only. The server may be silent for
    `seconds`, and may take six times as long for all of its answer.
    """
    import httpx2

    if _host(address)[0] not in ("http", "https"):
        raise SourceFailed(f"{address[:200]}: expected an http or https address", "is the address right?")
    asked_for = "" if part is None else f"bytes={part[0]}-{part[1]}"
    opened: AbstractContextManager[httpx2.Client] = nullcontext(client) if client else connected(seconds)
    with opened as line:
        for left in range(_TRIES - 1, -1, -1):
            try:
                return _once(line, address, asked_for, most, _REDIRECTS, time.monotonic() + 6 * seconds)
            except httpx2.InvalidURL as error:
                raise SourceFailed(f"{address[:200]}: {error}", "is the address right?") from None
            except AskAgain as again:
                if not left:
                    raise SourceFailed(f"{address}: {again}", "try again later") from None
                asked = seconds_asked(again.retry_after, time.time())
                pause(min(2.0 if asked is None else asked, 60.0))
            except httpx2.HTTPError as error:
                if not left:
                    raise SourceFailed(f"{address}: {error or type(error).__name__}", "is it up?") from None
                pause(1.0)
    raise AssertionError("unreachable")


def connected(seconds: float = _SECONDS) -> "httpx2.Client":
    """Connections that stay open between fetches, for use by several threads; close them, or use a `with` block."""
    import httpx2

    # Not compressed: what is counted is what was sent, and nothing small unpacks to something large.
    headers = {"User-Agent": f"onrecord/{__version__}", "Accept-Encoding": "identity"}
    return httpx2.Client(timeout=seconds, headers=headers)


def _once(client: "httpx2.Client", address: str, part: str, most: int, redirects: int, end: float) -> bytes:
    with client.stream("GET", address, headers={"Range": part} if part else None) as answer:
        if answer.status_code in (301, 302, 303, 307, 308):
            target = _followed(address, answer.headers.get("location", ""), redirects)
            return _once(client, target, part, most, redirects - 1, end)
        if answer.status_code == 429 or answer.status_code >= 500:
            raise AskAgain(f"answered {answer.status_code}", answer.headers.get("retry-after", ""))
        if answer.status_code != (expected := 206 if part else 200):
            raise UnexpectedStatus(address, answer.status_code, str(expected))
        return whole(address, answer, most, _in_time(address, answer, end))


def _in_time(address: str, answer: "httpx2.Response", end: float) -> Iterator[bytes]:
    for part in answer.iter_raw():
        if time.monotonic() > end:
            raise TooSlow(f"{address}: too slow", "try again later")
        yield part


def _followed(address: str, location: str, redirects: int) -> str:
    try:
        target = urljoin(address, location)
    except ValueError:
        target = location
    if redirects <= 0 or _host(target) != _host(address):
        raise SourceFailed(f"{address}: redirects to {target[:200]!r}", "name that address if you trust it")
    return target


def _host(address: str) -> tuple[str, str]:
    """Scheme and host with port; nothing where it is no address at all."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc
