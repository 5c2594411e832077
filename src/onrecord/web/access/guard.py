# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands before every route: finds its door, who asks, how much they had already, and whether they may.

It lies within what answers errors and outside of every route, so that none can be reached around it.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from onrecord.archive.settings import WebSettings
from onrecord.web import forms
from onrecord.web.access.clients import Clients
from onrecord.web.access.doors import DOORS, Door, Doors
from onrecord.web.access.here import is_here
from onrecord.web.access.limits import MOST, Bucket, Walks
from onrecord.web.access.people import Users
from onrecord.web.access.roles import NOBODY, SCOPES, VISITOR, Person, Role, Visitor
from onrecord.web.access.signing import Signing
from onrecord.web.addresses import is_loopback
from onrecord.web.memory import Memory
from onrecord.web.problems import Problem, Told

#: Where in a request's scope stands the path as its route is written.
ROUTE: Final = "onrecord.route"
#: Seconds that an answer waits for whoever walks through the catalog.
_SLOWED: Final = 1.0
#: So many times the bound, and a walk is not slowed but stopped.
_STOPPED: Final = 2
#: Who has the key that `serve` printed, on this machine.
_OPERATOR: Final = Person("", Role.OWNER)


def form_token(secret: str) -> str:
    """What a form bears that is sent by whoever has this secret in their cookie."""
    return hmac.new(secret.encode(), b"onrecord form", hashlib.sha256).hexdigest() if secret else ""


def check_form(said: Mapping[str, str], secret: str) -> None:
    """Raises Told (403) for a form that was not made for whoever has this secret."""
    expected = form_token(secret)
    if not expected or not hmac.compare_digest(said.get("token", "").encode(), expected.encode()):
        raise Told(Problem(403, "Not allowed", "This form is of another session. Open its page again."))


class Identity:
    """Finds who asks: by a signed address, a token, or the cookie of a session or of the key.

    `users` is None where nothing but reading is.
    """

    def __init__(self, users: Users | None, clients: Clients, key: str) -> None:
        self._users = users
        self._clients = clients
        self._key = key
        self.signing: Final = Signing(users) if users else None
        # Cookies know no ports: each archive has a name of its own.
        name = hashlib.sha256(users.signing_key if users else key.encode()).hexdigest()[:12]
        self.cookie: Final = f"onrecord-{name}"

    def is_key(self, key: str, address: str) -> bool:
        """Is this the key of whoever runs the server, and are they on its machine?"""
        right = bool(self._key) and hmac.compare_digest(key.encode("utf-8", "replace"), self._key.encode())
        return right and is_loopback(address)

    async def of(self, request: Request, door: Door, address: str) -> Visitor:
        """Raises Told (401) for a token that is not good: whoever shows one wants to know."""
        if self._users is None or door.own:
            return NOBODY
        if door.signed and "signature" in request.query_params and self.signing:
            path, query = request.url.path, request.query_params
            found = await run_in_threadpool(self.signing.visitor, path, query, door.scope)
            if found is None:
                raise Told(
                    Problem(403, "Not allowed", "The signature of this address is not good, or no longer.")
                )
            return found
        way, _, token = request.headers.get("authorization", "").partition(" ")
        if way.lower() == "bearer":
            found = await run_in_threadpool(self._users.by_token, token.strip())
            if found is None:
                raise _unknown("The token is not known here, or no longer.", 'Bearer error="invalid_token"')
            return found
        cookie = request.cookies.get(self.cookie, "")
        if not cookie:
            return NOBODY
        if self.is_key(cookie, address):
            return Visitor(_OPERATOR, SCOPES[Role.OWNER], "key", cookie)
        return await run_in_threadpool(self._users.by_session, cookie) or NOBODY


class Guard:
    """`newest` names the newest edition's page for whoever wants everything."""

    def __init__(
        self,
        app: ASGIApp,
        routes: Sequence[BaseRoute],
        identity: Identity,
        clients: Clients,
        web: WebSettings,
        newest: Callable[[], str],
        memory: Memory,
        table: Mapping[str, Door] = DOORS,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._app = app
        self.doors: Final = Doors(routes, table)
        self._identity = identity
        self._clients = clients
        self._web = web
        self._newest = newest
        self._sleep = sleep
        self._bucket = Bucket(web.requests_per_second, cells=memory.cells("requests", MOST))
        self._walks = Walks(cells=memory.cells("things", MOST))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._check(Request(scope), scope)
        await self._app(scope, receive, send)

    async def _check(self, request: Request, scope: Scope) -> None:
        address = self._clients.address(request)
        # Addresses that an answer names are then those that the client came by.
        scope["scheme"] = self._clients.scheme(request)
        found = self.doors.of(request.method, request.url.path)
        # Where no route answers, what is asked wrongly is answered as ever; nothing runs.
        written, door = found or ("", Door())
        scope[ROUTE] = written
        if door is None:
            raise Told(
                Problem(403, "Not allowed", "Nobody has said who may use this address, so nobody may.")
            )
        visitor = NOBODY
        try:
            visitor = await self._identity.of(request, door, address)
        finally:
            await self._limit(request, door, address, visitor)
        scope[VISITOR] = visitor
        by_cookie = visitor.way in ("session", "key")
        if by_cookie and request.method not in ("GET", "HEAD") and not forms.is_from_itself(request):
            raise Told(Problem(403, "Not allowed", "This form was sent by another page."))
        if not visitor.may(door.least, door.scope) and not (door.here and is_here(request, self._web)):
            raise _refused(request, visitor)

    async def _limit(self, request: Request, door: Door, address: str, visitor: Visitor) -> None:
        """On this machine is whoever runs the server, or a proxy that was not named: no bound would be anybody's."""
        person = visitor.person
        if door.free or not address or (is_loopback(address) and person is None) or person == _OPERATOR:
            return
        client = self._clients.hashed(f"@{person.name}") if person else self._clients.key(address)
        if wait := self._bucket.take(client):
            detail = (
                f"At most {self._web.requests_per_second:g} requests a second are answered to one client. "
                "Wait a moment, then load this again."
            )
            raise Told(Problem(429, "Too many requests", detail), {"Retry-After": str(wait)})
        most = self._web.things_per_hour
        if door.thing and most:
            seen, left = self._walks.count(client, self._clients.hashed(request.url.path))
            if seen > most * _STOPPED:
                raise await self._told_of_editions(left)
            if seen > most:
                await self._sleep(_SLOWED)

    async def _told_of_editions(self, left: int) -> Told:
        newest = await run_in_threadpool(self._newest)
        detail = (
            "You have asked for more single pages in an hour than anybody reads. Whoever wants everything is welcome "
            f"to it, at once and by torrent: {newest or '/editions'} has the tables and the sound."
        )
        headers = {"Retry-After": str(left), "Link": f'<{newest or "/editions"}>; rel="alternate"'}
        return Told(Problem(429, "Take the whole of it", detail), headers)


def _refused(request: Request, visitor: Visitor) -> Told:
    if visitor.person is not None:
        return Told(
            Problem(403, "Not allowed", "Your account, or the token that was shown, does not reach this far.")
        )
    is_page = "text/html" in request.headers.get("accept", "") and "hx-request" not in request.headers
    if is_page and request.method in ("GET", "HEAD"):
        where = f"/sign-in?next={quote(request.url.path)}"
        return Told(
            Problem(303, "Sign in", f"This is for people with an account here: {where}"), {"Location": where}
        )
    return _unknown(
        "This is for people with an account here. Sign in at /sign-in, or send a token. Whoever runs this archive adds "
        "accounts with `onrecord users add`, and opens this with the address that `onrecord serve` prints.",
        "Bearer",
    )


def _unknown(detail: str, challenge: str) -> Told:
    return Told(Problem(401, "Sign in", detail), {"WWW-Authenticate": challenge})
