# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The polite client against servers that misbehave (faults 23, 24, 27, 29, 30, 31)."""

import datetime as dt
import gzip
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from onrecord import __version__
from onrecord.errors import ConfigError, SourceFailed
from onrecord.net import AddressRefused, Client, LeftToLater, RobotsRefused, TooSlow, UnexpectedStatus
from onrecord.net.addresses import why_refused
from onrecord.net.bodies import plain_parts
from onrecord.net.dialling import Connections, resolve
from tests.net.serving import Clock, Server, say

Serve = Callable[..., Server]
NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


class Names:
    """Resolves every name to the answers given, one after the other, the last for ever; counts who asks."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_client(clock: Clock) -> Iterator[Callable[..., Client]]:
    """Makes clients whose time is `clock`, for whom every name is on loopback."""
    made: list[Client] = []

    def start(**options: Any) -> Client:
        settings = {
            "clock": clock,
            "now": lambda: NOW.timestamp() + clock.seconds - 1000,
            "sleep": clock.sleep,
            "resolve": Names(["127.0.0.1"]),
            "allow_loopback": True,
        }
        made.append(Client("archivist@example.org", **(settings | options)))
        return made[-1]

    yield start
    for client in made:
        client.close()


# -- who asks, and what comes back ----------------------------------------------------------------------------------


def test_an_answer_and_who_asked_for_it(serve: Serve, open_client: Callable[..., Client]) -> None:
    server = serve(say(200, b'{"a": 1}', Content_Type="Application/JSON; charset=utf-8"))
    address = f"http://music.example:{server.port}/ws/2?fmt=json#there"
    answer = open_client().get(address, accept="application/json")
    assert (answer.content, answer.media_type) == (b'{"a": 1}', "application/json")
    assert answer.address == f"http://music.example:{server.port}/ws/2?fmt=json"
    request = server.asked[0].lower()
    assert request.startswith("get /ws/2?fmt=json http/1.1\r\n")
    assert f"user-agent: onrecord/{__version__} (+archivist@example.org)" in request
    assert f"host: music.example:{server.port}\r\n" in request
    assert "accept: application/json" in request
    assert "accept-encoding: identity" in request
    assert "cookie" not in request


@pytest.mark.parametrize("contact", ["", "  ", "me", "a@b c", "a@b\r\nX: y", "(a@b)", "@", "ü@example.org"])
def test_without_a_contact_nobody_is_asked(contact: str) -> None:
    with pytest.raises(ConfigError, match="contact"):
        Client(contact)


def test_a_web_address_is_a_contact_too() -> None:
    with Client("https://archive.example/about") as client:
        assert client


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_is_more_than_none(rate: float) -> None:
    with pytest.raises(ValueError, match="requests a second"):
        Client("a@example.org", rate=rate)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://host/x",
        "http://",
        "http://[",
        "http://a b/",
        "http://h:99999/",
        "//x",
        "x",
        "",
    ],
)
def test_what_is_no_address(open_client: Callable[..., Client], address: str) -> None:
    with pytest.raises(AddressRefused, match="expected"):
        open_client().get(address)


def test_a_password_in_an_address_is_refused_and_not_repeated(open_client: Callable[..., Client]) -> None:
    with pytest.raises(AddressRefused, match=r"name or a password") as caught:
        open_client().get("http://me:geheim@music.example/")
    assert "geheim" not in caught.value.message


def test_a_secret_in_an_address_does_not_reach_the_message(
    serve: Serve, open_client: Callable[..., Client]
) -> None:
    address = serve(say(404)).address + "/tracks?client_id=geheim&offset=20&resumptionToken=abc"
    with pytest.raises(UnexpectedStatus) as caught:
        open_client().get(address)
    assert "client_id=…&offset=20&resumptionToken=abc" in caught.value.message


@pytest.mark.parametrize("status", [204, 206, 304, 400, 401, 403, 404, 410, 501])
def test_another_status_is_said_and_not_asked_again(
    serve: Serve, open_client: Callable[..., Client], status: int
) -> None:
    server = serve(say(status))
    with pytest.raises(UnexpectedStatus, match=f"expected 200, got {status}") as caught:
        open_client().get(server.address)
    assert caught.value.status == status
    assert len(server.asked) == 1


def test_a_transport_of_ones_own(open_client: Callable[..., Client]) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(
            404 if request.url.path == "/robots.txt" else 200, stream=httpx2.ByteStream(b"recorded")
        )

    client = open_client(transport=httpx2.MockTransport(answer))
    assert client.get("https://music.example/x").content == b"recorded"


# -- pace and patience ----------------------------------------------------------------------------------------------


def test_requests_to_one_host_are_spaced_and_other_hosts_do_not_wait(
    serve: Serve, open_client: Callable[..., Client], clock: Clock
) -> None:
    port = serve(say(200)).port
    client = open_client(rate=0.5, rates={"b.example": 10.0})
    for _ in range(2):
        client.get(f"http://a.example:{port}/")
    assert clock.slept == [2.0, 2.0], "robots.txt is a request too"
    clock.slept.clear()
    client.get(f"http://b.example:{port}/")
    assert clock.slept == [pytest.approx(0.1)]


def test_threads_share_the_pace(serve: Serve) -> None:
    port, times = serve(say(200)).port, []
    client = Client("a@example.org", rate=50, resolve=Names(["127.0.0.1"]), allow_loopback=True)

    def get() -> None:
        client.get(f"http://a.example:{port}/")
        times.append(time.monotonic())

    threads = [threading.Thread(target=get) for _ in range(6)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()
    assert len(times) == 6
    assert max(times) - started >= 6 / 50, "seven requests, six gaps"


def test_nothing_is_saved_up_for_a_burst(
    serve: Serve, open_client: Callable[..., Client], clock: Clock
) -> None:
    address = serve(say(200)).address
    client = open_client()
    client.get(address)
    clock.seconds += 100
    clock.slept.clear()
    client.get(address)
    client.get(address)
    assert clock.slept == [1.0]


@pytest.mark.parametrize(
    ("said", "waited"),
    [
        ("7", 7.0),
        ("3600", 3600.0),
        (format_datetime(NOW + dt.timedelta(seconds=31), usegmt=True), 30.0),  # 1 s went by at robots.txt
        (format_datetime(NOW - dt.timedelta(days=1), usegmt=True), 1.0),
        ("0", 1.0),
        ("rubbish", 2.0),
        ("-5", 2.0),
        ("Wed, 99 Oct 2099 99:28:00 GMT", 2.0),
        ("", 2.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_holds_the_host(
    serve: Serve, open_client: Callable[..., Client], clock: Clock, said: str, waited: float, status: int
) -> None:
    server = serve(say(status, Retry_After=said), say(200, b"now"))
    assert open_client().get(server.address).content == b"now"
    assert clock.slept == [1.0, waited]


@pytest.mark.parametrize(
    "said", ["86400", "9" * 5000, format_datetime(NOW + dt.timedelta(days=1), usegmt=True)]
)
def test_more_patience_than_a_run_has_is_left_to_a_later_one(
    serve: Serve, open_client: Callable[..., Client], clock: Clock, said: str
) -> None:
    server = serve(say(429, Retry_After=said), say(200))
    client = open_client()
    with pytest.raises(LeftToLater, match=r"127.0.0.1: asks to be left alone until") as caught:
        client.get(server.address + "/one")
    assert caught.value.until >= NOW + dt.timedelta(hours=23)
    with pytest.raises(LeftToLater):
        client.get(server.address + "/two")
    assert len(server.asked) == 1, "the host is held, not the address"
    assert clock.slept == [1.0]
    assert client.get(f"http://other.example:{server.port}/").content == b"", "another host is not held"
    if said == "86400":
        clock.seconds += 86400
        assert client.get(server.address + "/two").content == b""


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_error_for_ever_is_given_up(
    serve: Serve, open_client: Callable[..., Client], clock: Clock, status: int
) -> None:
    server = serve(say(status))
    with pytest.raises(SourceFailed, match=f"answered {status}, 4 times") as caught:
        open_client().get(server.address)
    assert server.address in caught.value.message
    assert len(server.asked) == 4
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]


def test_patience_asked_for_at_the_last_try_is_left_to_a_later_run_too(
    serve: Serve, open_client: Callable[..., Client]
) -> None:
    server = serve(say(503), say(503), say(503), say(503, Retry_After="86400"))
    with pytest.raises(LeftToLater):
        open_client().get(server.address)
    assert len(server.asked) == 4


# -- what comes is not what was said --------------------------------------------------------------------------------


def reset(peer: socket.socket, address: str) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()


CUT = {
    "cut": say(200, b"half of", length=100),
    "reset": reset,
    "cut chunk": lambda peer, address: peer.sendall(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"
    ),
    "no answer": lambda peer, address: None,
    "no HTTP": lambda peer, address: peer.sendall(b"rubbish\r\n\r\n"),
    "two lengths": lambda peer, address: peer.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nhalf"
    ),
    "negative length": lambda peer, address: peer.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\nhalf"
    ),
}


@pytest.mark.parametrize("how", CUT)
def test_what_breaks_on_the_way_is_asked_again_and_never_taken(
    serve: Serve, open_client: Callable[..., Client], how: str
) -> None:
    assert open_client().get(serve(CUT[how], say(200, b"whole")).address).content == b"whole"
    server = serve(CUT[how])
    with pytest.raises(SourceFailed, match="4 times"):
        open_client().get(server.address)
    assert len(server.asked) == 4


def test_a_length_that_a_transport_does_not_check_is_checked(open_client: Callable[..., Client]) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"Content-Length": "9"}, stream=httpx2.ByteStream(b"half"))

    with pytest.raises(SourceFailed, match="it said 9 bytes, 4 came"):
        open_client(transport=httpx2.MockTransport(answer)).ask(
            "http://music.example/robots.txt",
            lambda _: {},
            (200,),
            lambda at, found: b"".join(plain_parts(at, found)),
        )


def test_compressed_bytes_are_refused_and_not_unpacked(
    serve: Serve, open_client: Callable[..., Client]
) -> None:
    server = serve(say(200, gzip.compress(bytes(50_000_000)), Content_Encoding="gzip"))
    with pytest.raises(SourceFailed, match="expected plain bytes, got 'gzip'"):
        open_client().get(server.address)
    assert len(server.asked) == 1


def test_too_much_is_refused_before_or_while_it_comes(
    serve: Serve, open_client: Callable[..., Client]
) -> None:
    def endless(peer: socket.socket, address: str) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            peer.sendall(bytes(65536))

    for script in (endless, say(200, b"", length=1001)):
        with pytest.raises(SourceFailed, match="at most 1,000 bytes, got more"):
            open_client().get(serve(script).address, most=1000)
    assert open_client().get(serve(say(200, bytes(1000))).address, most=1000).content == bytes(1000)


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "]
)
def test_an_answer_that_drips_is_given_up(
    serve: Serve, open_client: Callable[..., Client], start: bytes
) -> None:
    def drip(peer: socket.socket, address: str) -> None:
        peer.sendall(start)
        for _ in range(200):
            peer.sendall(b".")
            time.sleep(0.01)

    server = serve(drip)
    with pytest.raises(TooSlow, match=r"too slow, [\d,]+ bytes came"):
        open_client(seconds=0.05).get(server.address)
    assert len(server.asked) == 1


def test_a_server_that_says_nothing(serve: Serve, open_client: Callable[..., Client]) -> None:
    with pytest.raises(SourceFailed, match="4 times"):
        open_client(seconds=0.05).get(serve(lambda peer, address: time.sleep(0.2)).address)


def test_nobody_listens(open_client: Callable[..., Client]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(RobotsRefused, match=f"127.0.0.1:{port}"):
        open_client().get(f"http://127.0.0.1:{port}/")


def test_a_name_that_nobody_knows(open_client: Callable[..., Client]) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(SourceFailed, match=r"nowhere\.example"):
        open_client(resolve=unknown).get("http://nowhere.example/")


# -- robots.txt -----------------------------------------------------------------------------------------------------

RULES = b"User-agent: *\nDisallow: /private\nAllow: /private/but\n\nUser-agent: bad\nDisallow: /\n"


def test_robots_txt_is_obeyed_and_asked_for_once(serve: Serve, open_client: Callable[..., Client]) -> None:
    server = serve(say(200, b"yes"), robots=say(200, RULES))
    client = open_client()
    assert client.get(server.address + "/public").content == b"yes"
    assert client.get(server.address + "/private/but?x=1").content == b"yes"
    with pytest.raises(RobotsRefused, match=r"/private/x: forbidden by http://127\.0\.0\.1:\d+/robots\.txt"):
        client.get(server.address + "/private/x?key=1")
    assert (len(server.asked), server.robots_asked) == (2, 1)


def test_an_api_whose_terms_let_programs_use_it_is_asked_without_robots_txt(
    serve: Serve, open_client: Callable[..., Client], clock: Clock
) -> None:
    forbids = say(200, b"User-agent: *\nDisallow: /\nCrawl-delay: 30\n")
    elsewhere = serve(say(200, b"no"), robots=forbids)
    server = serve(
        say(200, b"yes"),
        say(302, Location="/api/there"),
        say(200, b"there"),
        say(302, Location=elsewhere.address + "/x"),
        robots=forbids,
    )
    client = open_client()
    cache = Kept()
    assert client.get(server.address + "/api", robots=False).content == b"yes"
    answer = client.get_changed(server.address + "/api", cache, robots=False)
    assert answer is not None and answer.content == b"there"
    assert server.robots_asked == 0
    assert clock.slept == [1.0, 1.0], "its pace is kept all the same"
    with pytest.raises(RobotsRefused):
        client.get(server.address + "/api", robots=False)
    assert (elsewhere.robots_asked, elsewhere.asked) == (1, []), "another host is not meant"
    with pytest.raises(RobotsRefused):
        client.get(server.address + "/page")
    assert server.robots_asked == 1


def test_robots_txt_may_name_us(serve: Serve, open_client: Callable[..., Client]) -> None:
    rules = b"\xef\xbb\xbfUser-agent: OnRecord\nDisallow: /\n\nUser-agent: *\nDisallow:\n"
    with pytest.raises(RobotsRefused):
        open_client().get(serve(say(200), robots=say(200, rules)).address)


def test_crawl_delay_slows_down_and_never_speeds_up(
    serve: Serve, open_client: Callable[..., Client], clock: Clock
) -> None:
    slow = serve(say(200), robots=say(200, b"User-agent: *\nCrawl-delay: 30\n")).port
    fast = serve(say(200), robots=say(200, b"User-agent: *\nCrawl-delay: 0.1\n")).port
    client = open_client()
    for address in (f"http://slow.example:{slow}/", f"http://fast.example:{fast}/"):
        for _ in range(2):
            client.get(address)
    assert clock.slept == [30.0, 30.0, 1.0, 1.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_no_robots_txt_allows_everything(
    serve: Serve, open_client: Callable[..., Client], status: int
) -> None:
    assert open_client().get(serve(say(200, b"yes"), robots=say(status)).address).content == b"yes"


@pytest.mark.parametrize(
    "robots",
    [
        say(500),
        say(503),
        say(501),
        say(429),
        say(204),
        say(302, Location="/robots.txt"),
        say(200, b"x", length=50),
        say(200, b"x", Content_Encoding="gzip"),
    ],
    ids=["500", "503", "501", "429", "204", "circle", "cut", "gzip"],
)
def test_a_robots_txt_that_cannot_be_had_forbids_everything(
    serve: Serve, open_client: Callable[..., Client], robots: Any
) -> None:
    server = serve(say(200), robots=robots)
    client = open_client()
    for path in ("/a", "/b"):
        with pytest.raises(RobotsRefused, match=r"robots\.txt could not be read, which forbids"):
            client.get(server.address + path)
    assert server.asked == []
    assert server.robots_asked <= 4, "and not again for the second address"


def test_a_robots_txt_that_asks_for_patience_is_asked_for_in_a_later_run(
    serve: Serve, open_client: Callable[..., Client]
) -> None:
    server = serve(say(200), robots=say(503, Retry_After="86400"))
    with pytest.raises(LeftToLater):
        open_client().get(server.address)
    assert server.asked == []


def test_what_stands_far_down_an_endless_robots_txt_is_not_read(
    serve: Serve, open_client: Callable[..., Client]
) -> None:
    rules = b"User-agent: *\nDisallow: /no\n" + b"#" * 600_000 + b"\nDisallow: /yes\n"
    server = serve(say(200, b"yes"), robots=say(200, rules))
    assert open_client().get(server.address + "/yes").content == b"yes"
    with pytest.raises(RobotsRefused):
        open_client().get(server.address + "/no")


# -- where it goes --------------------------------------------------------------------------------------------------


def test_redirects_are_followed_and_the_last_address_is_told(
    serve: Serve, open_client: Callable[..., Client]
) -> None:
    there = serve(say(200, b"found"))
    server = serve(say(301, Location="/b?q=1"), say(307, Location=f"http://other.example:{there.port}/c"))
    answer = open_client().get(server.address)
    assert answer.content == b"found"
    assert answer.address == f"http://other.example:{there.port}/c"
    assert (server.robots_asked, there.robots_asked) == (1, 1), (
        "each host on the way is asked whether it may be asked"
    )


def test_a_redirect_into_what_robots_txt_forbids(serve: Serve, open_client: Callable[..., Client]) -> None:
    server = serve(say(302, Location="/private"), say(200), robots=say(200, RULES))
    with pytest.raises(RobotsRefused):
        open_client().get(server.address)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://x/",
        "javascript:1",
        "http://[",
        "http://me:pw@host/",
        "data:,x",
    ],
)
def test_a_redirect_to_what_is_no_web_address(
    serve: Serve, open_client: Callable[..., Client], target: str
) -> None:
    server = serve(say(302, Location=target))
    with pytest.raises(AddressRefused, match="redirects to"):
        open_client().get(server.address)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.0.1/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://0.0.0.0/",
        "http://255.255.255.255/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://[::]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://[2002:a00:1::]/",
        "http://[2001:db8::1]/",
    ],
)
def test_neither_an_address_nor_a_redirect_leads_inside(target: str) -> None:
    """With the system's own resolver, for it reads numbers in more ways than one."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "music.example":
            return httpx2.Response(302, headers={"Location": target})
        return inside.handle_request(request)

    inside = Connections(resolve, False)
    slept = Clock()
    options: dict[str, Any] = {"sleep": slept.sleep, "clock": slept}
    with Client("a@example.org", **options) as client, pytest.raises(AddressRefused, match="leads to"):
        client.get(target)
    redirected = Client("a@example.org", transport=httpx2.MockTransport(answer), **options)
    with pytest.raises(SourceFailed, match="leads to"):
        redirected.get("http://music.example/x")
    inside.close()


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_the_public_internet_may_be_asked(address: str) -> None:
    assert why_refused(address) == ""


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.8.9.1"])
def test_loopback_is_for_tests_only(address: str) -> None:
    assert why_refused(address) == "a loopback address"
    assert why_refused(address, allow_loopback=True) == ""


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.1.1", "fe80::1%eth0", "::ffff:192.168.1.1", "rubbish", ""]
)
def test_tests_may_not_go_elsewhere_either(address: str) -> None:
    assert why_refused(address, allow_loopback=True)


def test_the_address_that_was_checked_is_the_one_that_is_dialled(
    serve: Serve, open_client: Callable[..., Client]
) -> None:
    """DNS rebinding: the name answers differently the second time it is asked. It is asked once a connection, and what
    it said then is dialled: the system does not know this name at all."""
    server = serve(say(200, b"yes"))
    names = Names(["127.0.0.1"], ["127.0.0.1"], ["192.168.0.1"])
    client = open_client(resolve=names)
    address = f"http://rebind.invalid:{server.port}/"
    assert client.get(address).content == b"yes"
    assert names.asked == [("rebind.invalid", server.port)] * 2, "robots.txt, and the address"
    with pytest.raises(AddressRefused, match=r"rebind\.invalid: leads to 192\.168\.0\.1, a private address"):
        client.get(address)
    assert len(server.asked) == 1


def test_one_private_address_among_public_ones_refuses_the_name(open_client: Callable[..., Client]) -> None:
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        open_client(resolve=Names(["127.0.0.1", "10.0.0.1"])).get("http://mixed.example:1/")


def test_the_next_address_of_a_name_is_tried(serve: Serve, open_client: Callable[..., Client]) -> None:
    server = serve(say(200, b"yes"))
    client = open_client(resolve=Names(["::1", "127.0.0.1"]))
    assert client.get(f"http://music.example:{server.port}/").content == b"yes"


@pytest.mark.parametrize("location", ["/again", "{here}/again"])
def test_a_redirect_in_a_circle_is_noticed(
    serve: Serve, open_client: Callable[..., Client], location: str
) -> None:
    server = serve(say(302, Location=location))
    with pytest.raises(SourceFailed, match="redirects in a circle"):
        open_client().get(server.address + "/")
    assert len(server.asked) == 2


def test_redirects_without_end_are_given_up(serve: Serve, open_client: Callable[..., Client]) -> None:
    server = serve(*(say(302, Location=f"/{step}") for step in range(20)))
    with pytest.raises(SourceFailed, match="6th time"):
        open_client().get(server.address)
    assert len(server.asked) == 6


def test_a_redirect_to_nowhere(serve: Serve, open_client: Callable[..., Client]) -> None:
    with pytest.raises(SourceFailed, match="redirects to nowhere"):
        open_client().get(serve(say(302)).address)


def test_a_redirect_from_https_down_to_http_is_refused(open_client: Callable[..., Client]) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/robots.txt":
            return httpx2.Response(404)
        return httpx2.Response(302, headers={"Location": "http://music.example/plain"})

    with pytest.raises(AddressRefused, match="from https down to http://music"):
        open_client(transport=httpx2.MockTransport(answer)).get("https://music.example/")


def test_https_checks_the_name_that_was_asked_for(
    open_client: Callable[..., Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it dials an IP address, the server is told the name (SNI), and its certificate must be for that name."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=music.example -keyout key.pem -out cert.pem"
    command += " -addext subjectAltName=DNS:music.example"
    made = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
    if made.returncode:
        pytest.skip("openssl does not make a certificate here")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    names: list[str | None] = []
    context.sni_callback = lambda sock, name, whole: names.append(name)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_serve_tls, args=(listening, context, 6))
        thread.start()
        client, port = open_client(), listening.getsockname()[1]
        assert client.get(f"https://music.example:{port}/").content == b"safe"
        with pytest.raises(RobotsRefused, match=r"certificate is not valid for 'other\.example'"):
            client.get(f"https://other.example:{port}/")
        thread.join(10)
    assert names == ["music.example"] * 2 + ["other.example"] * 4


def _serve_tls(listening: socket.socket, context: ssl.SSLContext, times: int) -> None:
    for _ in range(times):
        peer, _ = listening.accept()
        try:
            with context.wrap_socket(peer, server_side=True) as safe:
                asked = safe.recv(4096)
                body = b"HTTP/1.1 404 No" if b"robots" in asked else b"HTTP/1.1 200 OK"
                safe.sendall(body + b"\r\nContent-Length: 4\r\nConnection: close\r\n\r\nsafe")
        except OSError:
            peer.close()


def test_connections_are_kept_for_the_next_request(open_client: Callable[..., Client]) -> None:
    names = Names(["127.0.0.1"])
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with listening.accept()[0] as peer:
                for _ in range(3):
                    assert peer.recv(4096)
                    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        thread = threading.Thread(target=serve)
        thread.start()
        client = open_client(resolve=names)
        for _ in range(2):
            assert client.get(f"http://kept.example:{listening.getsockname()[1]}/").content == b"ok"
        thread.join(10)
    assert len(names.asked) == 1


# -- what has not changed -------------------------------------------------------------------------------------------


class Kept(dict[str, tuple[str, str]]):
    def put(self, address: str, etag: str, last_modified: str) -> None:
        self[address] = (etag, last_modified)


def test_what_has_not_changed_does_not_come_again(serve: Serve, open_client: Callable[..., Client]) -> None:
    modified = "Tue, 01 Dec 2026 10:00:00 GMT"
    server = serve(
        say(200, b"one", ETag='"1"', Last_Modified=modified), say(304), say(200, b"two"), say(200, b"three")
    )
    cache = Kept()
    client = open_client()
    address = server.address + "/feed"
    answer = client.get_changed(address, cache)
    assert answer is not None and answer.content == b"one"
    assert cache == {address: ('"1"', modified)}
    assert client.get_changed(address, cache) is None
    assert 'if-none-match: "1"\r\n' in server.asked[1].lower()
    assert f"if-modified-since: {modified}\r\n".lower() in server.asked[1].lower()
    answer = client.get_changed(address, cache)
    assert answer is not None and answer.content == b"two"
    assert cache == {address: ("", "")}, "what was said about the answer before is not said about this one"
    client.get_changed(address, cache)
    assert "if-none-match" not in server.asked[3].lower()


def test_a_cut_answer_is_not_what_the_cache_is_told_of(
    serve: Serve, open_client: Callable[..., Client]
) -> None:
    cache = Kept()
    with pytest.raises(SourceFailed):
        open_client().get_changed(serve(say(200, b"x", length=9, ETag='"1"')).address, cache)
    assert cache == {}


def test_304_to_who_holds_nothing_is_an_error(serve: Serve, open_client: Callable[..., Client]) -> None:
    with pytest.raises(UnexpectedStatus, match="304"):
        open_client().get_changed(serve(say(304)).address, Kept())
