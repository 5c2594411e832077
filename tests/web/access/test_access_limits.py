# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much one client gets, and who counts as one."""

import logging
from typing import Any

import pytest
from starlette.requests import Request

from onrecord.archive.settings import WebSettings
from onrecord.errors import ConfigError
from onrecord.web.access.clients import Clients
from onrecord.web.access.limits import BURST, Bucket, Walks
from onrecord.web.access.people import Users
from onrecord.web.access.roles import Role
from onrecord.web.memory import OwnCells
from tests.web.access.conftest import Visit, bearer


def request_from(peer: str, **headers: str) -> Request:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "scheme": "http", "headers": named}
    return Request({**scope, "query_string": b"", "server": ("x", 80), "client": (peer, 1) if peer else None})


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    bucket = Bucket(2.0, lambda: now[0])
    assert [bucket.take(b"a") for _ in range(2 * BURST)] == [0] * 2 * BURST
    assert bucket.take(b"a") == 1 and bucket.take(b"b") == 0
    now[0] = 0.5
    assert bucket.take(b"a") == 0 and bucket.take(b"a") == 1
    now[0] = 10_000.0
    assert sum(bucket.take(b"a") == 0 for _ in range(100)) == 2 * BURST
    slow = Bucket(0.01, lambda: now[0])
    assert slow.take(b"a") == 0 and slow.take(b"a") == 100
    for none in (0.0, -1.0, float("nan"), float("inf")):
        unbound = Bucket(none, lambda: now[0])
        assert {unbound.take(b"a") for _ in range(1000)} == {0}


def test_different_things_are_counted_to_a_few_percent_and_the_same_one_once() -> None:
    now = [0.0]
    walks, clients = Walks(lambda: now[0]), Clients(())
    for _ in range(500):
        walks.count(b"a", clients.hashed("/recording/same"))
    for number in range(5000):
        seen, left = walks.count(b"a", clients.hashed(f"/recording/{number}"))
    assert 4800 < seen < 5200 and left == 3601
    assert walks.count(b"b", b"x")[0] < 1.1
    now[0] = 3600.0
    assert walks.count(b"a", b"x")[0] < 1.1


def test_what_is_remembered_of_clients_is_bounded() -> None:
    asked, seen = OwnCells(4096), OwnCells(4096)
    bucket, walks = Bucket(1.0, lambda: 0.0, asked), Walks(lambda: 0.0, seen)
    for number in range(6000):
        bucket.take(b"%d" % number)
        walks.count(b"%d" % number, b"x")
    assert asked.count() == seen.count() == 4096


def test_who_is_behind_a_proxy() -> None:
    clients = Clients(("10.0.0.0/8", "::1"))

    def address(peer: str, *said: str) -> str:
        scope = request_from(peer).scope
        scope["headers"] = [(b"x-forwarded-for", each.encode()) for each in said]
        return clients.address(Request(scope))

    assert address("10.0.0.1", "198.51.100.7") == "198.51.100.7"
    # What a client says of itself stands to the left; whom a proxy of ours saw is to the right.
    assert address("10.0.0.1", "1.2.3.4, 198.51.100.7") == "198.51.100.7"
    assert address("10.0.0.1", "1.2.3.4", "198.51.100.7, 10.0.0.9") == "198.51.100.7"
    assert address("::1", "2001:db8::1") == "2001:db8::1"
    assert address("198.51.100.9", "1.2.3.4") == "198.51.100.9"
    assert address("::ffff:10.0.0.1", "198.51.100.7") == "198.51.100.7"
    assert address("10.0.0.1", "nonsense") == "10.0.0.1" and address("10.0.0.1") == "10.0.0.1"
    assert address("a socket") == "" and address("") == ""
    one, two = clients.key("2001:db8::1"), clients.key("2001:db8::ffff")
    assert one == two != clients.key("2001:db8:0:1::1")
    assert clients.key("198.51.100.7") != clients.key("198.51.100.8")
    assert clients.key("198.51.100.7") != Clients(()).key("198.51.100.7")  # the key is this process's
    with pytest.raises(ConfigError, match="trusted_proxies"):
        Clients(("nonsense",))


def test_a_proxy_that_nobody_named_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    clients = Clients(())
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert clients.address(request_from("127.0.0.1", x_forwarded_for="198.51.100.7")) == "127.0.0.1"
    assert len(caplog.records) == 1 and "trusted_proxies" in caplog.text and "198.51" not in caplog.text


def test_one_client_is_limited_and_no_other_with_it(
    visit: Visit, users: Users, tokens: dict[Role, str]
) -> None:
    web = WebSettings(requests_per_second=0.2, trusted_proxies=("127.0.0.1",))
    client = visit("127.0.0.1", web)
    flood = {"X-Forwarded-For": "198.51.100.7"}
    for _ in range(int(0.2 * BURST)):
        assert client.get("/livez", headers=flood).status_code == 200
    page = client.get("/livez", headers=flood)
    assert page.status_code == 429 and 1 <= int(page.headers["retry-after"]) <= 5
    assert "content-security-policy" in page.headers
    answer = client.get("/api/glance", headers=flood)
    assert answer.status_code == 429 and answer.headers["content-type"] == "application/problem+json"
    # Another header does not make another client, a wrong token neither.
    assert client.get("/livez", headers={"X-Forwarded-For": "1.2.3.4, 198.51.100.7"}).status_code == 429
    assert client.get("/livez", headers=flood | bearer("onr_made-up")).status_code == 429
    assert client.get("/livez", headers={"X-Forwarded-For": "198.51.100.8"}).status_code == 200
    assert client.get("/livez", headers=flood | bearer(tokens[Role.LISTENER])).status_code == 200
    # What is made to be copied is not counted.
    assert client.get("/static/site.css", headers=flood).status_code in (200, 404)
    # On this machine nobody is counted.
    assert {client.get("/livez").status_code for _ in range(10)} == {200}


def test_who_walks_through_the_catalog_is_slowed_and_then_told_where_all_of_it_is(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowed: list[float] = []

    async def sleep(seconds: float) -> None:
        slowed.append(seconds)

    client = visit("198.51.100.7", WebSettings(things_per_hour=5, requests_per_second=0))
    monkeypatch.setattr(client.app.router.middleware_stack, "_sleep", sleep)  # type: ignore[attr-defined]
    for _ in range(20):
        assert client.get("/recording/same").status_code == 404
        assert client.get("/livez").status_code == 200
    answers = [client.get(f"/recording/r{number}") for number in range(12)]
    assert [answer.status_code for answer in answers] == [404] * 9 + [429] * 3
    assert slowed == [1.0] * 5
    told = answers[-1]
    assert "/editions" in told.text and told.headers["link"] == '</editions>; rel="alternate"'
    assert 0 < int(told.headers["retry-after"]) <= 3601
    assert client.get("/editions").status_code == 200 and client.get("/").status_code == 200
    assert (
        visit("198.51.100.8", WebSettings(things_per_hour=5, requests_per_second=0))
        .get("/recording/r")
        .status_code
        == 404
    )


def test_metrics_are_for_this_machine_and_for_owners(visit: Visit) -> None:
    here = visit()
    assert here.get("/metrics").status_code == 200
    for headers in (
        {"X-Forwarded-For": "198.51.100.7"},
        {"Host": "music.example"},
        {"Origin": "http://127.0.0.1:8080"},
        {"Sec-Fetch-Site": "none"},
    ):
        assert here.get("/metrics", headers=headers).status_code == 401
    assert visit("198.51.100.7").get("/metrics").status_code == 401
    assert visit("127.0.0.1", WebSettings(trusted_proxies=("127.0.0.1",))).get("/metrics").status_code == 401
