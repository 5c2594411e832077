# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP client against a server that misbehaves (faults 23, 24, 27, 29, 30)."""

import gzip
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from onrecord.errors import SourceFailed
from onrecord.net import fetch
from tests.net.serving import Server, say


class Pauses(list[float]):
    """Takes the place of sleeping, and remembers for how long."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def get(address: str, most: int = 1000, **options: Any) -> bytes:
    return fetch(address, most, options.pop("pause", Pauses()), **options)


def test_an_answer(serve: Callable[..., Server]) -> None:
    server = serve(say(200, b"hello"))
    assert get(server.address + "/feed.json") == b"hello"
    assert "onrecord/" in server.asked[0]
    assert "GET /feed.json" in server.asked[0]


@pytest.mark.parametrize(
    ("said", "waited"),
    [
        ("7", 7.0),
        ("86400", 60.0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 60.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("rubbish", 2.0),
        ("-5", 2.0),
        ("٣", 2.0),
    ],
)
def test_429_is_waited_for_as_asked_but_a_minute_at_most(
    serve: Callable[..., Server], said: str, waited: float
) -> None:
    server = serve(say(429, Retry_After=said.encode("utf-8").decode("latin-1")), say(200, b"now"))
    pauses = Pauses()
    assert get(server.address, pause=pauses) == b"now"
    assert pauses == [waited]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_error_for_ever_is_given_up(serve: Callable[..., Server], status: int) -> None:
    server = serve(say(status))
    with pytest.raises(SourceFailed, match=f"answered {status}") as caught:
        get(server.address)
    assert len(server.asked) == 3
    assert server.address in caught.value.message


@pytest.mark.parametrize("status", [204, 206, 304, 400, 401, 403, 404])
def test_another_answer_is_not_asked_again(serve: Callable[..., Server], status: int) -> None:
    server = serve(say(status))
    with pytest.raises(SourceFailed, match=f"expected 200, got {status}"):
        get(server.address)
    assert len(server.asked) == 1


def test_a_redirect_on_the_same_host_is_followed(serve: Callable[..., Server]) -> None:
    server = serve(say(302, Location="/there"), say(307, Location="{here}/at-last"), say(200, b"found"))
    assert get(server.address) == b"found"
    assert [line.split()[1] for line in server.asked] == ["/", "/there", "/at-last"]


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/",
        "https://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "//127.0.0.2/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http://[",
        "",
    ],
)
def test_a_redirect_elsewhere_is_refused(serve: Callable[..., Server], target: str) -> None:
    server = serve(say(302, Location=target))
    with pytest.raises(SourceFailed, match="redirects to"):
        get(server.address)
    assert len(server.asked) <= 4


def test_redirects_without_end_are_given_up(serve: Callable[..., Server]) -> None:
    server = serve(say(302, Location="/again"))
    with pytest.raises(SourceFailed, match="redirects to"):
        get(server.address)
    assert len(server.asked) == 4


def test_too_much_is_refused_while_it_comes(serve: Callable[..., Server]) -> None:
    def endless(peer: socket.socket, address: str) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            peer.sendall(bytes(65536))

    server = serve(endless)
    with pytest.raises(SourceFailed, match="at most 1,000 bytes, got more"):
        get(server.address)
    assert get(serve(say(200, bytes(1000))).address) == bytes(1000), "as much as allowed is allowed"


def test_a_truncated_answer_is_asked_again_and_never_taken(serve: Callable[..., Server]) -> None:
    cut = say(200, b"half of", length=100)
    assert get(serve(cut, say(200, b"whole")).address) == b"whole"
    server = serve(cut)
    with pytest.raises(SourceFailed, match=server.address):
        get(server.address)
    assert len(server.asked) == 3


def test_compressed_bytes_are_not_asked_for_and_not_unpacked(serve: Callable[..., Server]) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    server = serve(say(200, bomb, Content_Encoding="gzip"))
    with pytest.raises(SourceFailed, match="gzip"):
        get(server.address, most=10_000_000)
    assert "accept-encoding: identity" in server.asked[0].lower()


def test_a_server_that_says_nothing(serve: Callable[..., Server]) -> None:
    server = serve(lambda peer, address: time.sleep(2))
    with pytest.raises(SourceFailed, match=server.address):
        get(server.address, seconds=0.1)


def test_a_server_that_drips(serve: Callable[..., Server]) -> None:
    def drip(peer: socket.socket, address: str) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            peer.sendall(b".")
            time.sleep(0.02)

    with pytest.raises(SourceFailed, match="too slow"):
        get(serve(drip).address, seconds=0.1)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"rubbish\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + bytes(500_000),
    ],
    ids=["nothing", "no HTTP", "negative length", "endless header"],
)
def test_what_is_no_http_is_an_error_of_the_source(serve: Callable[..., Server], answer: bytes) -> None:
    server = serve(lambda peer, address: peer.sendall(answer))
    with pytest.raises(SourceFailed, match=server.address):
        get(server.address)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SourceFailed, match=str(port)):
        get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://host/x",
        "http://[",
        "http://",
        "http://a b/",
        "http://host:99999/",
        "://x",
        "",
    ],
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(SourceFailed):
        get(address)
