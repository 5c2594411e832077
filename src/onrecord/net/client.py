# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The polite client: it says who asks, keeps each host's pace, obeys robots.txt and Retry-After, and goes only where
it may. Its `get` is the `Fetch` that connectors are handed."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeVar

from onrecord import __version__
from onrecord.errors import ConfigError, SourceFailed
from onrecord.model.records import Answer
from onrecord.net.addresses import read_address, shown
from onrecord.net.bodies import plain_parts, whole
from onrecord.net.failures import AddressRefused, AskAgain, UnexpectedStatus
from onrecord.net.pace import Pace, seconds_asked
from onrecord.net.robots import Robots

if TYPE_CHECKING:
    import httpx2

MOST: Final = 32 * 1024 * 1024
_TRIES: Final = 4
_REDIRECTS: Final = 5
_ROBOTS_BYTES: Final = 512 * 1024  # RFC 9309 wants 500 KiB read; what stands behind is not obeyed
_SECONDS: Final = 20.0
_CAP: Final = 3600.0
_CONTACT: Final = re.compile(r"[!-'*-~]+(?:@|://)[!-'*-~]+")  # visible ASCII without brackets

T = TypeVar("T")
#: What is done with an answer: given the address that it came from, and its head; the body is still to be read.
Take = Callable[[str, "httpx2.Response"], T]


class Cache(Protocol):
    """What was said about an answer when it last came: its ETag and its Last-Modified, "" where there was none.

    Only for answers that are still held, whole: an answer that is not sent again cannot be had otherwise.
    """

    def get(self, address: str) -> tuple[str, str] | None:
        """The two, where an answer from this address is held; None where none is."""
        ...

    def put(self, address: str, etag: str, last_modified: str) -> None:
        """A whole answer came. Called before the caller has stored it: make this durable together with the answer and
        never earlier, or a crash between loses the answer until it changes."""
        ...


class Client:
    """One for a run. Any number of threads may use it; they share its pace.

    agent_contact  where the operator of a server can complain: a mail address or a web address, sent with each request
    rate           requests a second for a host; `rates` has other ones by host name. A crawl-delay can only slow down
    clock, sleep   what the pace is measured with; `now` is the time since 1970, for dates in Retry-After
    resolve        (host, port) to IP addresses; the addresses are checked, then dialled
    transport      sends the requests in place of the client's own connections: then nothing is dialled here
    seconds        how long a server may be silent; it may take six times as long, and 1 s more for each 8 KiB
    cap            seconds of patience that one wait is worth; a host that asks for more is left to a later run
    allow_loopback for tests, whose servers are there
    """

    def __init__(
        self,
        agent_contact: str,
        *,
        rate: float = 1.0,
        rates: Mapping[str, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        resolve: Callable[[str, int], Sequence[str]] | None = None,
        transport: "httpx2.BaseTransport | None" = None,
        seconds: float = _SECONDS,
        cap: float = _CAP,
        allow_loopback: bool = False,
    ) -> None:
        if not _CONTACT.fullmatch(agent_contact):
            raise ConfigError(
                f"expected a mail address or web address as contact, got {agent_contact[:80]!r}",
                "servers are asked only by who says where they can complain",
            )
        self._agent = f"onrecord/{__version__} (+{agent_contact})"
        self._now = now
        self._seconds = seconds
        self._pace = Pace(rate, rates or {}, cap, clock, now, sleep)
        self._robots = Robots(self._robots_text, self._pace.slow_down)
        if transport is None:
            from onrecord.net import dialling

            transport = dialling.Connections(resolve or dialling.resolve, allow_loopback)
        self._transport = transport

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    def get(self, address: str, accept: str = "*/*", most: int = MOST, *, robots: bool = True) -> Answer:
        """The whole answer to a GET of an http or https address, of at most `most` bytes.

        Up to five redirects are followed; each is checked as the first address is, and none leads from https to http.
        A connection that fails, a cut answer, and 429, 500, 502, 503 and 504 are tried again, four times in all, after
        what Retry-After asks for or after 2, 4, 8 s. Else a SourceFailed says why: UnexpectedStatus (with `status`),
        LeftToLater (with `until`), RobotsRefused, AddressRefused, TooSlow.

        `robots` False leaves robots.txt unasked for the host of this address, and for no other that it redirects to:
        for a documented API whose terms were read and let programs use it. Pace and Retry-After hold as ever.
        """

        def take(at: str, answer: "httpx2.Response") -> Answer:
            return Answer(at, _media_type(answer), whole(shown(at), answer, most))

        check = self._checks(address, robots)
        return self._ask(address, lambda _: {"Accept": accept}, (200,), take, _TRIES, check)

    def get_changed(
        self, address: str, cache: Cache, accept: str = "*/*", most: int = MOST, *, robots: bool = True
    ) -> Answer | None:
        """As `get`, but None where the answer is what it was when the cache was last told of it (304).

        The cache is asked and told for each address on the way, so a redirect may change and is noticed. Ask an address
        with one `accept` only: its validators are kept by the address alone.
        """

        def headers(at: str) -> dict[str, str]:
            etag, modified = cache.get(at) or ("", "")
            asked = {"Accept": accept, "If-None-Match": etag, "If-Modified-Since": modified}
            return {name: value for name, value in asked.items() if value and value.isascii()}

        def take(at: str, answer: "httpx2.Response") -> Answer | None:
            if answer.status_code == 304:
                if not headers(at).keys() - {"Accept"}:
                    raise UnexpectedStatus(shown(at), 304)
                return None
            got = Answer(at, _media_type(answer), whole(shown(at), answer, most))
            cache.put(at, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))
            return got

        return self._ask(address, headers, (200, 304), take, _TRIES, self._checks(address, robots))

    def ask(
        self,
        address: str,
        headers: Callable[[str], Mapping[str, str]],
        expected: Sequence[int],
        take: Take[T],
        tries: int = _TRIES,
    ) -> T:
        """What `take` makes of an answer with an expected status; everything else as for `get`.

        `headers` gives those of the next request to an address, anew for each try; `take` may be called again after it
        failed on the way, so it holds what it has, or starts over.
        """
        return self._ask(address, headers, expected, take, tries, self._robots.check)

    def _checks(self, address: str, robots: bool) -> Callable[["httpx2.URL"], None]:
        """What a request must pass: robots.txt; without `robots`, that of hosts other than the address's own."""
        if robots:
            return self._robots.check
        api = read_address(address)

        def check(url: "httpx2.URL") -> None:
            if (url.scheme, url.host, url.port) != (api.scheme, api.host, api.port):
                self._robots.check(url)

        return check

    def _ask(
        self,
        address: str,
        headers: Callable[[str], Mapping[str, str]],
        expected: Sequence[int],
        take: Take[T],
        tries: int,
        check: Callable[["httpx2.URL"], None],
    ) -> T:
        import httpx2

        for attempt in range(1, tries + 1):
            url, seen = read_address(address), set[str]()
            try:
                while True:
                    check(url)
                    seen.add(str(url))
                    self._pace.wait(_host(url))
                    with self._sent(url, headers(str(url))) as answer:
                        if answer.status_code not in (301, 302, 303, 307, 308):
                            return self._taken(url, answer, expected, take)
                        location = answer.headers.get("location", "")
                    url = _redirected(url, location, seen)
            except (AskAgain, httpx2.TransportError) as error:
                asked = seconds_asked(getattr(error, "retry_after", ""), self._now())
                self._pace.hold(_host(url), 2.0**attempt if asked is None else asked)
                if attempt == tries:
                    why = str(error) or type(error).__name__
                    raise SourceFailed(f"{shown(url)}: {why}, {attempt} times", "try again later") from error
        raise AssertionError("unreachable")

    @contextmanager
    def _sent(self, url: "httpx2.URL", headers: Mapping[str, str]) -> Iterator["httpx2.Response"]:
        import httpx2

        # Not compressed: what is counted is what was sent, and nothing small unpacks to something large.
        sent = {"User-Agent": self._agent, "Accept-Encoding": "identity", **headers}
        request = httpx2.Request("GET", url, headers=sent, extensions={"seconds": self._seconds})
        answer = self._transport.handle_request(request)
        try:
            yield answer
        finally:
            answer.close()

    def _taken(
        self, url: "httpx2.URL", answer: "httpx2.Response", expected: Sequence[int], take: Take[T]
    ) -> T:
        status = answer.status_code
        if status in expected:
            return take(str(url), answer)
        if status in (429, 500, 502, 503, 504):
            raise AskAgain(f"answered {status}", answer.headers.get("retry-after", ""))
        raise UnexpectedStatus(shown(url), status, " or ".join(map(str, expected)))

    def _robots_text(self, address: str) -> str:
        def take(at: str, answer: "httpx2.Response") -> bytes:
            content = bytearray()
            for part in plain_parts(shown(at), answer):
                content += part
                if len(content) >= _ROBOTS_BYTES:
                    break
            return bytes(content)

        text = self._ask(address, lambda _: {"Accept": "text/plain"}, (200,), take, _TRIES, lambda _: None)
        return text.decode("utf-8-sig", "replace")


def _host(url: "httpx2.URL") -> str:
    return url.raw_host.decode("ascii")


def _redirected(url: "httpx2.URL", location: str, seen: set[str]) -> "httpx2.URL":
    """Where a redirect leads, if one may go there."""
    import httpx2

    if not location:
        raise SourceFailed(f"{shown(url)}: redirects to nowhere", "ask its owner")
    if len(seen) > _REDIRECTS:
        raise SourceFailed(f"{shown(url)}: redirects for the {len(seen)}th time", "ask its owner")
    try:
        target = read_address(str(url.join(location)))
    except (AddressRefused, httpx2.InvalidURL, ValueError):
        raise AddressRefused(f"{shown(url)}: redirects to {shown(location)!r}", "ask its owner") from None
    if url.scheme == "https" and target.scheme == "http":
        raise AddressRefused(f"{shown(url)}: redirects from https down to {shown(target)}", "ask its owner")
    if str(target) in seen:
        raise SourceFailed(f"{shown(url)}: redirects in a circle, to {shown(target)} again", "ask its owner")
    return target


def _media_type(answer: "httpx2.Response") -> str:
    return str(answer.headers.get("content-type", "")).partition(";")[0].strip().lower()
