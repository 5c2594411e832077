# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every address x every role: each answers as the table says, and what no line names is refused for all."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from onrecord.web.access.doors import DOORS, Doors
from onrecord.web.access.people import Users
from onrecord.web.access.roles import Role, Scope
from tests.web.access.conftest import NAMES, Visit, bearer

#: What takes an account, written here a second time: nothing opens by a slip of the table.
CLOSED = {
    "POST /api/signed": Role.LISTENER,
    "GET|POST /listening": Role.LISTENER,
    "POST /listening/playlists": Role.LISTENER,
    "GET /listening/playlists/{name}": Role.LISTENER,
    "GET /rights/queue": Role.CURATOR,
    "POST /rights/rule": Role.CURATOR,
    "POST /rights/notices/{id}": Role.CURATOR,
    "GET /rights/picture/{digest}": Role.CURATOR,
    "GET /rights/sound/{sha256}": Role.CURATOR,
    "POST /books/musician": Role.OWNER,
    "POST /books/listener": Role.OWNER,
    "GET /run": Role.OWNER,
    "GET /run/now": Role.OWNER,
    "POST /run/people": Role.OWNER,
    "POST /run/people/{name}": Role.OWNER,
    "POST /run/tokens": Role.OWNER,
    "POST /run/tokens/{id}": Role.OWNER,
    "GET /metrics": Role.OWNER,
}


def app_of(client: TestClient) -> FastAPI:
    assert isinstance(client.app, FastAPI)
    return client.app


def refused(answer: Any) -> bool:
    """Was it the table that said no?"""
    told = {401: "This is for people with an account here", 403: "does not reach this far"}
    return answer.status_code in told and told[answer.status_code] in answer.text


def test_every_route_stands_in_the_table_and_every_line_of_it_has_a_route(visit: Visit) -> None:
    routed = Doors(app_of(visit()).router.routes).all()
    assert [f"{method} {path}" for method, path, door in routed if door is None] == []
    there = {(method, path) for method, path, _ in routed}
    for line in DOORS:
        methods, _, path = line.partition(" ")
        assert {(method, path) for method in methods.split("|")} <= there, line
    assert {line: door.least for line, door in DOORS.items() if door.least} == CLOSED


def test_each_route_answers_each_role_as_the_table_says(visit: Visit, tokens: dict[Role, str]) -> None:
    client = visit("198.51.100.7")
    ranks = [None, *Role]
    for method, path, door in Doors(app_of(client).router.routes).all():
        assert door is not None
        asked = re.sub(r"\{[^}]*\}", "00", path)
        for role in ranks:
            # Credentials of other protocols are none here, and this one is not theirs.
            headers = bearer(tokens[role]) if role else {}
            answer = client.request(method, asked, headers=headers)
            may = ranks.index(role) >= ranks.index(door.least)
            worded = client.get(asked, headers=headers) if method == "HEAD" else answer
            assert answer.status_code == worded.status_code
            assert refused(worded) is not may, (method, path, role, answer.status_code)
            if not may:
                assert answer.status_code == (403 if role else 401)
                assert ("www-authenticate" in answer.headers) is (role is None)


@pytest.mark.parametrize("kind", ["route", "mount"])
def test_what_no_line_names_is_refused_for_all_and_does_not_run(
    visit: Visit, tokens: dict[Role, str], kind: str
) -> None:
    ran = []

    def secret(request: Request) -> Response:
        ran.append(request.url.path)
        return PlainTextResponse("secret")

    client = visit()
    assert client.get("/below/secret").status_code == 404
    made = Route("/below/secret", secret)
    app_of(client).router.routes.append(
        made if kind == "route" else Mount("/below", routes=[Route("/secret", secret)])
    )
    for headers in ({}, *map(bearer, tokens.values())):
        assert client.get("/below/secret", headers=headers).status_code == 403
        assert client.head("/below/secret", headers=headers).status_code == 403
    assert ran == []


def test_a_token_reaches_no_farther_than_its_scopes(visit: Visit, users: Users) -> None:
    client = visit()
    little = users.issue("own", [Scope.READ, Scope.LISTEN, Scope.SCROBBLE])
    assert client.get("/rights/queue", headers=bearer(little)).status_code == 403
    assert client.get("/metrics", headers=bearer(little)).status_code == 200
    enough = users.issue("own", [Scope.CURATE])
    assert client.get("/rights/queue", headers=bearer(enough)).status_code == 200
    assert client.post("/api/signed", headers=bearer(enough)).status_code == 403
    users.set_role("own", Role.LISTENER)
    assert client.get("/rights/queue", headers=bearer(enough)).status_code == 403
    users.remove(NAMES[Role.OWNER])
    assert client.get("/rights/queue", headers=bearer(enough)).status_code == 401


def test_a_token_that_is_not_good_is_told_so_also_where_nobody_needs_one(visit: Visit) -> None:
    for token in ("onr_made-up", "", "x" * 5000):
        answer = visit().get("/api/glance", headers=bearer(token))
        assert answer.status_code == 401 and "invalid_token" in answer.headers["www-authenticate"]
        assert answer.headers["content-type"] == "application/problem+json"
