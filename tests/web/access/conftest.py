# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server with one person of each role."""

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.reading import Reader
from onrecord.archive.settings import WebSettings
from onrecord.web.access.people import Users
from onrecord.web.access.roles import SCOPES, Role
from onrecord.web.app import create_app
from onrecord.web.site import Site

KEY = "a key that serve would have made"
ORIGIN = "http://127.0.0.1:8080"
PASSWORD = "correct horse battery"
NAMES = {Role.LISTENER: "lis", Role.CURATOR: "cur", Role.OWNER: "own"}
Visit = Callable[..., TestClient]


@pytest.fixture
def users(held: Archive) -> Iterator[Users]:
    with Users(held.folder) as users:
        for role, name in NAMES.items():
            users.add(name, role, PASSWORD)
        yield users


@pytest.fixture
def tokens(users: Users) -> dict[Role, str]:
    """A token of each role that is good for all that the role may."""
    return {role: users.issue(name, SCOPES[role]) for role, name in NAMES.items()}


@pytest.fixture
def visit(held: Archive) -> Iterator[Visit]:
    """Gives a browser at some address, on one server unless other settings are asked for."""
    apps: dict[WebSettings, object] = {}
    clients = []

    def visit(peer: str = "127.0.0.1", web: WebSettings | None = None, origin: str = ORIGIN) -> TestClient:
        web = web or WebSettings()
        if web not in apps:
            apps[web] = create_app(Reader(held.folder), site=Site(folder=held.folder, web=web, key=KEY))
        client = TestClient(
            apps[web],  # type: ignore[arg-type]
            origin,
            raise_server_exceptions=False,
            follow_redirects=False,
            client=(peer, 50_000),
        )
        clients.append(client)
        return client

    yield visit
    for client in clients:
        client.close()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
