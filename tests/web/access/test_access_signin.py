# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in and out by the page, what a session may, and signed addresses."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.ruling import rulings
from onrecord.archive.settings import WebSettings
from onrecord.web.access.people import Users
from onrecord.web.access.roles import Role, Scope
from onrecord.web.access.signing import Signing
from onrecord.web.access.throttle import OF_A_CLIENT, OF_A_NAME, Throttle
from tests.archive.withdrawn import sha256
from tests.web.access.conftest import KEY, ORIGIN, PASSWORD, Visit, bearer

OWN = {"Origin": ORIGIN}
PROXY = WebSettings(trusted_proxies=("127.0.0.1",))


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def signed_in(client: TestClient, name: str, password: str = PASSWORD, next: str = "/rights/queue") -> Any:
    token = hidden(client.get("/sign-in").text, "token")
    said = {"token": token, "name": name, "password": password, "next": next}
    return client.post("/sign-in", data=said, headers=OWN)


def test_a_curator_signs_in_rules_and_signs_out(visit: Visit, users: Users, held: Archive) -> None:
    client = visit()
    away = client.get("/rights/queue", headers={"Accept": "text/html"})
    assert away.status_code == 303 and away.headers["location"] == "/sign-in?next=/rights/queue"
    assert hidden(client.get(away.headers["location"]).text, "next") == "/rights/queue"
    before = dict(client.cookies)
    answer = signed_in(client, "cur")
    assert answer.status_code == 303 and answer.headers["location"] == "/rights/queue"
    cookie = answer.headers["set-cookie"]
    assert (
        "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/;" in cookie and "Secure" not in cookie
    )
    assert dict(client.cookies) != before  # what was known before opens nothing now
    page = client.get("/rights/queue").text
    said = {"token": hidden(page, "token"), "question": hidden(page, "question"), "answer": "no"}
    assert 'value="cur"' in page
    assert client.post("/rights/rule", data=said | {"by": "cur", "note": "x"}, headers=OWN).status_code == 303
    assert [ruling.by for ruling in rulings(held)] == ["cur"]
    stolen = dict(client.cookies)
    token = hidden(client.get("/sign-in").text, "token")
    assert client.post("/sign-out", data={"token": token}, headers=OWN).status_code == 303
    assert client.get("/rights/queue").status_code == 401
    client.cookies.update(stolen)
    assert client.get("/rights/queue").status_code == 401


def test_a_listener_and_a_wrong_password_get_no_farther(visit: Visit, users: Users) -> None:
    client = visit()
    for name, password in (("cur", "wrong password"), ("ghost", PASSWORD), ("", "")):
        answer = signed_in(client, name, password)
        assert (
            answer.status_code == 400
            and "is not right" in answer.text
            and password not in answer.text.split()
        )
        assert client.get("/rights/queue").status_code == 401
    assert signed_in(client, "lis").status_code == 303
    assert client.get("/rights/queue").status_code == 403
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1", "/a\r\nb"]
)
def test_it_leads_to_no_other_place(visit: Visit, users: Users, next: str) -> None:
    assert signed_in(visit(), "cur", next=next).headers["location"] == "/"


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, None),
        ({"Origin": "https://evil.example"}, None),
        ({}, None),
        (OWN, "another"),
        (OWN, ""),
    ],
)
def test_no_other_page_signs_anybody_in_or_out(
    visit: Visit, users: Users, headers: dict[str, str], token: str | None
) -> None:
    client = visit()
    mine = hidden(client.get("/sign-in").text, "token") if token is None else token
    said = {"token": mine, "name": "cur", "password": PASSWORD}
    assert client.post("/sign-in", data=said, headers=headers).status_code == 403
    signed_in(client, "cur")
    mine = hidden(client.get("/sign-in").text, "token") if token is None else token
    assert client.post("/sign-out", data={"token": mine}, headers=headers).status_code == 403
    assert client.post(
        "/api/signed", json={"sound": "0" * 64}, headers=headers or {"Origin": "null"}
    ).status_code in ((403,) if headers != OWN else (201,))
    assert client.get("/rights/queue").status_code == 200


def test_the_form_of_one_session_is_none_of_another(visit: Visit, users: Users, held: Archive) -> None:
    one, two = visit(), visit()
    signed_in(one, "cur")
    signed_in(two, "own")
    page = one.get("/rights/queue").text
    said = {
        "token": hidden(page, "token"),
        "question": hidden(page, "question"),
        "answer": "yes",
        "by": "x",
        "note": "x",
    }
    assert two.post("/rights/rule", data=said, headers=OWN).status_code == 403
    assert rulings(held) == []


def test_a_password_does_not_travel_in_clear(visit: Visit, users: Users) -> None:
    far = visit("198.51.100.7", origin="http://music.example")
    token = hidden(far.get("/sign-in").text, "token")
    said = {"token": token, "name": "cur", "password": PASSWORD}
    clear = far.post("/sign-in", data=said, headers={"Origin": "http://music.example"})
    assert clear.status_code == 403 and "https" in clear.text
    # Who is no proxy of ours is not believed.
    headers = {"Origin": "http://music.example", "X-Forwarded-Proto": "https"}
    assert far.post("/sign-in", data=said, headers=headers).status_code == 403
    behind = visit("127.0.0.1", PROXY, "http://music.example")
    told = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
    page = behind.get("/sign-in", headers=told)
    assert "; Secure" in page.headers["set-cookie"]
    # A browser gives a secure cookie back by https alone, and so does this one.
    cookie = page.headers["set-cookie"].partition(";")[0]
    said = {"token": hidden(page.text, "token"), "name": "cur", "password": PASSWORD}
    headers = {**told, "Origin": "https://music.example", "Cookie": cookie}
    answer = behind.post("/sign-in", data=said, headers=headers)
    assert answer.status_code == 303 and "; Secure" in answer.headers["set-cookie"]
    assert behind.post("/sign-in", data=said, headers={**headers, "X-Forwarded-Proto": "http",
                       "Origin": "http://music.example"}).status_code == 403  # fmt: skip


def test_the_key_is_good_on_this_machine_alone(visit: Visit, users: Users) -> None:
    here = visit()
    assert here.get("/sign-in", params={"key": KEY}).headers["location"] == "/rights/queue"
    assert here.get("/rights/queue").status_code == 200 and here.get("/metrics").status_code == 200
    behind = visit("127.0.0.1", PROXY)
    told = {"X-Forwarded-For": "198.51.100.7"}
    assert behind.get("/sign-in", params={"key": KEY}, headers=told).status_code == 200
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in here.cookies.items())}
    assert behind.get("/rights/queue", headers=told | cookie).status_code == 401


def test_wrong_passwords_make_the_next_try_wait(visit: Visit, users: Users) -> None:
    client = visit()
    for _ in range(OF_A_CLIENT):
        assert signed_in(client, "cur", "wrong password").status_code == 400
    answer = signed_in(client, "cur")
    assert answer.status_code == 429 and 0 < int(answer.headers["retry-after"]) <= 901
    other = visit("127.0.0.2")
    assert signed_in(other, "cur").status_code == 303


def test_the_wait_passes_and_a_right_password_costs_no_try() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for _ in range(3 * OF_A_CLIENT):
        assert throttle.wait(b"client", b"name") == 0
        throttle.forgive(b"client", b"name")
    for second in range(OF_A_CLIENT):
        now[0] = float(second)
        assert throttle.wait(b"client", b"name") == 0
    assert throttle.wait(b"client", b"other name") == 901 - OF_A_CLIENT + 1
    now[0] = 900.0
    assert throttle.wait(b"client", b"name") == 0
    # Many clients at one name.
    for number in range(OF_A_NAME):
        assert throttle.wait(b"c%d" % number, b"victim") == 0
    assert throttle.wait(b"one more", b"victim") > 0


def test_what_may_not_be_streamed_is_heard_by_curators_and_never_cached(
    visit: Visit, tokens: dict[Role, str], paths: dict[str, Path]
) -> None:
    client, digest = visit(), sha256(paths["odd"])
    assert client.get(f"/sound/{digest}").status_code == 403
    assert client.get(f"/sound/{digest}", headers=bearer(tokens[Role.OWNER])).status_code == 403
    address = f"/rights/sound/{digest}"
    for role in (Role.CURATOR, Role.OWNER):
        for ranged in ({}, {"Range": "bytes=0-9"}):
            heard = client.get(address, headers=bearer(tokens[role]) | ranged)
            assert heard.status_code in (200, 206) and paths["odd"].read_bytes().startswith(heard.content)
            assert heard.headers["cache-control"] == "private, no-store"
    assert client.get(address, headers=bearer(tokens[Role.LISTENER])).status_code == 403
    assert client.get(address).status_code == 401


def test_a_signed_address_is_one_sound_for_some_time_in_the_name_of_who_still_may(
    visit: Visit, tokens: dict[Role, str], users: Users, paths: dict[str, Path]
) -> None:
    client, odd, tune = visit(), sha256(paths["odd"]), sha256(paths["tune"])
    wanted = {"sound": odd, "review": True, "seconds": 60}
    assert client.post("/api/signed", json=wanted).status_code == 401
    assert client.post("/api/signed", json=wanted, headers=bearer(tokens[Role.LISTENER])).status_code == 403
    long = client.post(
        "/api/signed", json={**wanted, "seconds": 86_400}, headers=bearer(tokens[Role.CURATOR])
    )
    assert long.json()["ends"] <= time.time() + 3600
    made = client.post("/api/signed", json=wanted, headers=bearer(tokens[Role.CURATOR]))
    assert made.status_code == 201 and made.headers["cache-control"] == "no-store"
    address = made.json()["address"]
    heard = client.get(address)
    assert heard.status_code == 200 and heard.content == paths["odd"].read_bytes()
    assert heard.headers["cache-control"] == "private, no-store"
    for wrong in (
        address.replace(odd, tune),
        address.replace("/rights/sound/", "/sound/"),
        address.replace("for=cur", "for=own"),
        re.sub(r"ends=\d+", "ends=9999999999", address),
        address[:-1] + ("0" if address[-1] != "0" else "1"),
        re.sub(r"signature=\w+", "signature=", address),
        re.sub(r"ends=\d+", "ends=x", address),
    ):
        assert client.get(wrong).status_code == 403, wrong
    assert client.get(address.replace("/rights/sound/" + odd, "/rights/queue")).status_code == 401
    plain = client.post("/api/signed", json={"sound": tune}, headers=bearer(tokens[Role.LISTENER]))
    assert client.get(plain.json()["address"]).status_code == 200
    users.set_password("cur", PASSWORD + "2")
    assert client.get(address).status_code == 403
    again = client.post("/api/signed", json=wanted, headers=bearer(tokens[Role.CURATOR])).json()["address"]
    users.set_role("cur", Role.LISTENER)
    assert client.get(again).status_code == 403
    users.remove("lis")
    assert client.get(plain.json()["address"]).status_code == 403


@pytest.mark.parametrize(
    "wanted",
    [{}, {"sound": "x"}, {"sound": "0" * 64, "seconds": 0}, {"sound": "0" * 64, "seconds": 86_401}, [],
     {"sound": "0" * 64 + "\n"}, {"sound": "0" * 64, "more": 1}],
)  # fmt: skip
def test_what_cannot_be_signed_is_told(visit: Visit, tokens: dict[Role, str], wanted: Any) -> None:
    answer = visit().post("/api/signed", json=wanted, headers=bearer(tokens[Role.CURATOR]))
    assert answer.status_code == 400 and answer.headers["content-type"] == "application/problem+json"


def test_a_signed_address_ends(users: Users) -> None:
    now = [1000.0]
    signing = Signing(users, lambda: now[0])
    address, ends = signing.sign("/sound/x", users.person("lis"), 60)
    query = dict(part.split("=") for part in address.partition("?")[2].split("&"))
    assert ends == 1060 and signing.visitor("/sound/x", query, Scope.READ)
    now[0] = 1060.0
    assert signing.visitor("/sound/x", query, Scope.READ) is None
