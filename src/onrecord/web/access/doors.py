# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of every address and who may use it. What no line names is refused for everybody."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from fastapi.routing import iter_route_contexts
from msgspec import Struct
from starlette.routing import BaseRoute, compile_path

from onrecord.web.access.roles import Role, Scope
from onrecord.web.narrowing import KINDS


class Door(Struct, frozen=True):
    """Whom an address is for.

    least   the least role; None where no account is needed
    scope   what a token has to be good for where a role is asked for
    own     the route checks the credentials of its own protocol; only the limits hold for it
    here    a program on this very machine may, without an account
    signed  a signed address is good for it
    thing   it shows one thing of the catalog: whoever walks through all of them is told of the editions
    free    it is made to be copied whole, or comes with each page: not counted
    """

    least: Role | None = None
    scope: Scope = Scope.READ
    own: bool = False
    here: bool = False
    signed: bool = False
    thing: bool = False
    free: bool = False


_OPEN: Final = Door()
_THING: Final = Door(thing=True)
_FREE: Final = Door(free=True)
_OWN: Final = Door(own=True)
_CURATE: Final = Door(Role.CURATOR, Scope.CURATE)
_RUN: Final = Door(Role.OWNER, Scope.OWN)

#: Methods and path as the route is written; HEAD goes with GET.
DOORS: Final[Mapping[str, Door]] = {
    # Read by everybody
    "GET /": _OPEN,
    "GET /search": _OPEN,
    **{f"GET /{kind}/{{id}}": _THING for kind in KINDS},
    "GET /explore": _OPEN,
    "GET /shuffle": _OPEN,
    "GET /books": _OPEN,
    "GET /books/plays.csv": _OPEN,
    "GET /refused": _OPEN,
    "GET /favicon.ico": _OPEN,
    "GET /static/{path:path}": _FREE,
    "GET /robots.txt": _OPEN,
    "GET /.well-known/tdmrep.json": _OPEN,
    "GET /api/openapi.json": _OPEN,
    "GET /api/glance": _OPEN,
    "GET /api/search": _OPEN,
    "GET /api/recording/{id}": _THING,
    "GET /api/recording/{id}/sound": _THING,
    "GET /api/shuffle": _OPEN,
    "POST /lookup": _OPEN,
    # Heard by everybody, as far as the rights go
    "GET /sound/{sha256}": Door(signed=True, thing=True),
    "GET /picture/{digest}": Door(signed=True, thing=True),
    # Copied by everybody: what is published may leave
    "GET /editions": _OPEN,
    "GET /editions/plan": _OPEN,
    "GET /editions/{number}/{path:path}": _FREE,
    "GET /volumes/{name}/{path:path}": _FREE,
    "GET /feed/{name}": _FREE,
    "GET /feeds/{name}": _OPEN,
    "GET /sitemap.xml": _OPEN,
    "GET /sitemaps/{part}": _OPEN,
    "GET /playlists/{kind}/{name}": _THING,
    "GET /playlists/{name}": _OPEN,
    "GET /holders": _OPEN,
    "GET /holders.json": _OPEN,
    "GET /exchange/possession": _OPEN,
    "GET /exchange/{sha256}": _FREE,
    "GET /exchange/{sha256}/leaves/{piece}": _FREE,
    # Notices of rights owners, who need no account
    "GET|POST /rights/notice": _OPEN,
    "POST /api/notices": _OPEN,
    # The protocols of others, with credentials of their own
    "GET /ws/2/isrc/{isrc:path}": _THING,
    "GET /ws/2/{kind}/{id:path}": _THING,
    "GET /ws/2/{kind}": _OPEN,
    "GET|POST|PUT|DELETE /ws/2/{rest:path}": _OPEN,
    "GET|POST /v2/lookup": _OWN,
    "GET|POST /v2/submit": _OWN,
    "GET|POST /v2/submission_status": _OWN,
    "GET|POST|PUT|DELETE /v2/{rest:path}": _OWN,
    "GET|POST /oai": _OPEN,
    "GET|POST /rest/{method}": _OWN,
    "POST /1/submit-listens": _OWN,
    "GET /1/validate-token": _OWN,
    "GET|POST /1/latest-import": _OWN,
    "POST /1/delete-listen": _OWN,
    "GET /1/user/{name}/listens": _OWN,
    "GET /1/user/{name}/listen-count": _OWN,
    "GET /1/user/{name}/playing-now": _OWN,
    "GET|POST /1/{rest:path}": _OWN,
    # What is kept of somebody who listens: theirs alone
    "GET|POST /listening": Door(Role.LISTENER, Scope.SCROBBLE),
    "POST /listening/playlists": Door(Role.LISTENER, Scope.SCROBBLE),
    "GET /listening/playlists/{name}": Door(Role.LISTENER, Scope.SCROBBLE),
    # Who somebody is
    "GET|POST /sign-in": _OPEN,
    "POST /sign-out": _OPEN,
    "POST /api/signed": Door(Role.LISTENER, Scope.LISTEN),
    # What is ruled on, and what is heard by those alone who have to
    "GET /rights/queue": _CURATE,
    "POST /rights/rule": _CURATE,
    "POST /rights/notices/{id}": _CURATE,
    "GET /rights/sound/{sha256}": Door(Role.CURATOR, Scope.CURATE, signed=True),
    "GET /rights/picture/{digest}": Door(Role.CURATOR, Scope.CURATE, signed=True),
    # Somebody's own books, on their own machine
    "POST /books/musician": _RUN,
    "POST /books/listener": _RUN,
    # How the archive is doing, and who has an account
    "GET /run": _RUN,
    "GET /run/now": _RUN,
    "POST /run/people": _RUN,
    "POST /run/people/{name}": _RUN,
    "POST /run/tokens": _RUN,
    "POST /run/tokens/{id}": _RUN,
    # How the server is
    "GET /livez": _OPEN,
    "GET /readyz": _OPEN,
    "GET /metrics": Door(Role.OWNER, Scope.READ, here=True),
}


class Doors:
    """Finds the line of the table for a request, in the order in which the router would find its route."""

    def __init__(self, routes: Sequence[BaseRoute], table: Mapping[str, Door] = DOORS) -> None:
        self._table = {
            (method, line.partition(" ")[2]): door
            for line, door in table.items()
            for method in line.partition(" ")[0].split("|")
        }
        self._routes = routes
        self._known: list[tuple[re.Pattern[str], str, dict[str, Door | None]]] = []
        self._counted = -1

    def of(self, method: str, path: str) -> tuple[str, Door | None] | None:
        """The path as its route is written, with its door: None for a route that no line names.

        None where no route answers at all.
        """
        self._look()
        for pattern, written, doors in self._known:
            if method in doors and pattern.match(path):
                return written, doors[method]
        return None

    def all(self) -> list[tuple[str, str, Door | None]]:
        """Each method and path that is routed, with its door."""
        self._look()
        return [
            (method, written, door) for _, written, doors in self._known for method, door in doors.items()
        ]

    def _look(self) -> None:
        if len(self._routes) == self._counted:
            return
        self._known = []
        for route in iter_route_contexts(self._routes):
            written = route.path or ""
            # A mount has no methods: whatever lies below it is named by no line.
            below = getattr(route.original_route, "routes", None) is not None
            pattern, *_ = compile_path(f"{written}/{{rest:path}}" if below else written)
            methods = route.methods or ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
            self._known.append(
                (pattern, written, {method: self._door(method, written) for method in methods})
            )
        self._counted = len(self._routes)

    def _door(self, method: str, written: str) -> Door | None:
        return self._table.get(("GET" if method == "HEAD" else method, written))
