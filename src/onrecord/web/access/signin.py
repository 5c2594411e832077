# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/sign-in` and `/sign-out`: a form, a cookie, a session. `/api/signed`: an address for a player."""

import secrets
from typing import Annotated, Any, Final

import anyio
import anyio.to_thread
import msgspec
from fastapi import APIRouter, Request
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from onrecord.errors import OnrecordError
from onrecord.web import described, forms
from onrecord.web.access.clients import Clients
from onrecord.web.access.guard import Identity, check_form, form_token
from onrecord.web.access.people import SESSION_DAYS, Users
from onrecord.web.access.roles import Person, Role, Scope, visitor
from onrecord.web.access.signing import LONGEST, LONGEST_REVIEW, Signing
from onrecord.web.access.throttle import MOST, Throttle
from onrecord.web.addresses import is_loopback
from onrecord.web.memory import Memory
from onrecord.web.problems import Problem, Told
from onrecord.web.render import Render

_HOME: Final = "/"
#: Passwords checked at one time: each takes 32 MiB, and the whole of a core for a tenth of a second.
_AT_ONCE: Final = 2
_KEEP_NOTHING: Final = {"Cache-Control": "no-store"}


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """A stream that shall be heard by a player that sends no headers. `review` asks for the curators' own door, for an
    hour at most."""

    sound: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", min_length=64, max_length=64)]
    seconds: Annotated[float, Meta(ge=1, le=LONGEST)] = 3600.0
    review: bool = False


class Signed(Struct, frozen=True):
    """The address, and when it ends in seconds since 1970."""

    address: str
    ends: int


class SignIn:
    def __init__(
        self,
        users: Users,
        identity: Identity,
        clients: Clients,
        render: Render,
        memory: Memory,
    ) -> None:
        self._users = users
        self._identity = identity
        self._clients = clients
        self._page = render.page
        self._throttle = Throttle(cells=memory.cells("passwords", MOST))
        self._signing = Signing(users)
        # Whoever waits for a password to be checked takes no thread from those who read.
        self._few = anyio.CapacityLimiter(_AT_ONCE)
        self._checking = memory.few("passwords", _AT_ONCE)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/sign-in", self.form),
            Route("/sign-in", self.sign_in, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
        ]

    def api(self) -> APIRouter:
        router = APIRouter(default_response_class=Response)
        router.add_api_route("/api/signed", self.signed, methods=["POST"], **_DESCRIBED)
        return router

    def form(self, request: Request) -> Response:
        """The page; with the key in its address that becomes a cookie, so that it stays in no history."""
        key = request.query_params.get("key", "")
        if key and self._identity.is_key(key, self._clients.address(request)):
            return self._into(request, key, request.query_params.get("next", "/rights/queue"), days=None)
        return self._form(request)

    async def sign_in(self, request: Request) -> Response:
        if not forms.is_from_itself(request):
            raise Told(Problem(403, "Not allowed", "This form was sent by another page. Send it from here."))
        self._refuse_in_clear(request)
        said = await forms.fields(request)
        check_form(said, request.cookies.get(self._identity.cookie, ""))
        name, password = said.get("name", "").strip(), said.get("password", "")
        client = self._clients.key(self._clients.address(request))
        named = self._clients.hashed(f"name {name.lower()}")
        if wait := self._throttle.wait(client, named):
            detail = "Too many passwords were wrong. Whoever runs this archive sets another: `onrecord users password`."
            raise Told(Problem(429, "Wait a little", detail), {"Retry-After": str(wait)})
        person = await anyio.to_thread.run_sync(self._checked, name, password, limiter=self._few)
        if person is None:
            return await run_in_threadpool(
                self._form, request, name, "The name or the password is not right."
            )
        self._throttle.forgive(client, named)
        secret = await run_in_threadpool(self._users.begin, person)
        return self._into(request, secret, said.get("next", _HOME))

    async def sign_out(self, request: Request) -> Response:
        secret = visitor(request).secret
        if secret:
            check_form(await forms.fields(request), secret)
            await run_in_threadpool(self._users.end, secret)
        answer = RedirectResponse(_HOME, 303, _KEEP_NOTHING)
        answer.delete_cookie(self._identity.cookie, path="/", httponly=True, samesite="lax")
        return answer

    async def signed(self, request: Request) -> Response:
        """Sign the address of one sound for a player that sends no headers, in the name of whoever asks."""
        who = visitor(request)
        try:
            wanted = msgspec.json.decode(await forms.body(request), type=Wanted)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Told(Problem(400, "This cannot be understood", f"Expected JSON: {error}")) from None
        if wanted.review and not who.may(Role.CURATOR, Scope.CURATE):
            raise Told(Problem(403, "Not allowed", "What may not be streamed is heard by curators alone."))
        path = f"/rights/sound/{wanted.sound}" if wanted.review else f"/sound/{wanted.sound}"
        seconds = int(min(wanted.seconds, LONGEST_REVIEW if wanted.review else LONGEST))
        person = who.person or Person("", Role.LISTENER)
        try:
            address, ends = await run_in_threadpool(self._signing.sign, path, person, seconds)
        except OnrecordError as error:
            raise Told(Problem(400, "This cannot be signed", error.message)) from None
        return Response(msgspec.json.encode(Signed(address, ends)), 201, _KEEP_NOTHING, "application/json")

    def _checked(self, name: str, password: str) -> Person | None:
        with self._checking:
            return self._users.by_password(name, password)

    def _form(self, request: Request, name: str = "", error: str = "") -> Response:
        who = visitor(request)
        secret = request.cookies.get(self._identity.cookie, "") or secrets.token_urlsafe(32)
        values: dict[str, Any] = {
            "who": who.person,
            "token": form_token(secret),
            "next": _within(request.query_params.get("next", _HOME)),
            "name": name,
            "error": error,
            "anybody": bool(self._users.everybody()),
        }
        answer = self._page("sign-in.html", request, values, 400 if error else 200, _KEEP_NOTHING)
        if who.person is None:
            self._set_cookie(request, answer, secret, days=None)
        return answer

    def _into(self, request: Request, secret: str, next: str, days: int | None = SESSION_DAYS) -> Response:
        answer = RedirectResponse(_within(next), 303, _KEEP_NOTHING)
        self._set_cookie(request, answer, secret, days)
        return answer

    def _set_cookie(self, request: Request, answer: Response, secret: str, days: int | None) -> None:
        """For as long as the browser runs where no days are given."""
        answer.set_cookie(
            self._identity.cookie,
            secret,
            max_age=days * 86_400 if days else None,
            path="/",
            secure=self._clients.is_secure(request),
            httponly=True,
            samesite="lax",
        )

    def _refuse_in_clear(self, request: Request) -> None:
        address = self._clients.address(request)
        if address and not is_loopback(address) and not self._clients.is_secure(request):
            detail = (
                "A password would travel in clear. Come by https; a proxy that ends it has to be named in [web] "
                "trusted_proxies and to send X-Forwarded-Proto."
            )
            raise Told(Problem(403, "Not by http", detail))


def _within(next: str) -> str:
    """A place of this server; anything else is its start."""
    inside = next.startswith("/") and not next.startswith(("//", "/\\")) and len(next) <= 500
    return next if inside and next.isascii() and next.isprintable() and "\\" not in next else _HOME


_DESCRIBED: Final[dict[str, Any]] = {
    "responses": {
        201: described.answer(Signed, "The address."),
        400: described.problem("Not what can be signed."),
        401: described.problem("Nobody is signed in, and no token was shown."),
        403: described.problem("The account or the token does not reach this far."),
        413: described.problem("Too long."),
    },
    "openapi_extra": described.body({"application/json": described.schema(Wanted)}),
}
