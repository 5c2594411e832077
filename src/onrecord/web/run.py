# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/run`: how the archive is doing, what to do about it, who has an account. For its owner alone.

What takes long is done by commands, which the page names; by its forms only accounts and tokens are changed.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from onrecord.archive import Archive
from onrecord.archive.overview import happened, now, overview
from onrecord.archive.settings import Settings
from onrecord.errors import NotFound, OnrecordError, UsageError
from onrecord.web import forms
from onrecord.web.access.guard import check_form, form_token
from onrecord.web.access.people import Users
from onrecord.web.access.roles import SCOPES, Role, Scope, visitor
from onrecord.web.render import Render

_HAPPENED: Final = 40
_MOST_DAYS: Final = 3650
_KEEP_NOTHING: Final[Mapping[str, str]] = {"Cache-Control": "no-store"}
#: What a token is for, as the form says it.
_FOR: Final[Mapping[Scope, str]] = {
    Scope.READ: "read",
    Scope.LISTEN: "listen",
    Scope.SCROBBLE: "keep plays",
    Scope.CURATE: "rule on rights",
    Scope.OWN: "run the archive",
}


class Setting(Struct, frozen=True):
    """A setting as it holds now. `given` says that the file has it otherwise than by default."""

    name: str
    value: str
    given: bool


class Told(Struct, frozen=True):
    """A secret that is shown this once, and what it is."""

    what: str
    secret: str


class Run:
    """The page of whoever runs one archive."""

    def __init__(self, folder: Path, users: Users, render: Render) -> None:
        self._folder = folder
        self._users = users
        self._page = render.page

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/run", self.page),
            Route("/run/now", self.now),
            Route("/run/people", self.add_person, methods=["POST"]),
            Route("/run/people/{name}", self.change_person, methods=["POST"]),
            Route("/run/tokens", self.make_token, methods=["POST"]),
            Route("/run/tokens/{id}", self.revoke, methods=["POST"]),
        ]

    def page(self, request: Request) -> Response:
        return self._show(request)

    def now(self, request: Request) -> Response:
        """What runs at this moment, for a page that asks again and again."""
        with Archive.open(self._folder) as archive:
            values = {"now": now(archive)}
        return self._page("run-now.html", request, values, headers=_KEEP_NOTHING)

    async def add_person(self, request: Request) -> Response:
        said = await _said(request)

        def act() -> None:
            self._users.add(said.get("name", "").strip(), _role(said), said.get("password", ""))

        return await run_in_threadpool(self._do, request, act)

    async def change_person(self, request: Request) -> Response:
        """Give another role, end the sessions, or remove the account with all that opens it."""
        said, name = await _said(request), request.path_params["name"]

        def act() -> None:
            me = visitor(request).person
            what = said.get("act", "")
            if what in ("role", "remove") and me is not None and me.name.lower() == name.lower():
                raise UsageError(
                    f"{name}: this is your own account", "another owner can do that, or `onrecord users`"
                )
            if what == "role":
                self._users.set_role(name, _role(said))
            elif what == "end":
                self._users.end_all(name)
            elif what == "remove":
                self._users.remove(name)
            else:
                raise UsageError(f"act: expected role, end or remove, got {what[:40]!r}")

        return await run_in_threadpool(self._do, request, act)

    async def make_token(self, request: Request) -> Response:
        """A new token or app password. It is shown in the answer, and never again."""
        said = await _said(request)

        def act() -> Told:
            name, label = said.get("user", ""), said.get("label", "").strip()
            if said.get("kind") == "app":
                return Told(f"App password of {name}", self._users.make_app_password(name, label))
            scopes = [scope for scope in Scope if f"scope-{scope.value}" in said]
            return Told(f"Token of {name}", self._users.issue(name, scopes, label, _days(said)))

        return await run_in_threadpool(self._do, request, act)

    async def revoke(self, request: Request) -> Response:
        await _said(request)
        return await run_in_threadpool(
            self._do, request, lambda: self._users.revoke(request.path_params["id"])
        )

    def _do(self, request: Request, act: Callable[[], Told | None]) -> Response:
        try:
            told = act()
        except (UsageError, NotFound) as error:
            return self._show(request, error=error)
        if told is not None:
            return self._show(request, told=told)
        return RedirectResponse("/run#people", 303, _KEEP_NOTHING)

    def _show(
        self, request: Request, error: OnrecordError | None = None, told: Told | None = None
    ) -> Response:
        with Archive.open(self._folder) as archive:
            values: dict[str, Any] = {
                "now": now(archive),
                "view": overview(archive),
                "happened": happened(archive, _HAPPENED),
                "settings": _settings(archive.settings),
                "file": str((self._folder / "onrecord.toml").absolute()),
            }
        me = visitor(request).person
        values |= {
            "people": self._users.everybody(),
            "tokens": self._users.tokens(),
            "sessions": self._users.sessions(),
            "roles": tuple(Role),
            "scopes": [(scope, _FOR[scope]) for scope in Scope],
            "usual": SCOPES[Role.LISTENER],
            "token": form_token(visitor(request).secret),
            "me": me.name if me else "",
            "error": error,
            "told": told,
        }
        return self._page("run.html", request, values, 400 if error else 200, _KEEP_NOTHING)


async def _said(request: Request) -> Mapping[str, str]:
    """What a form of ours says. Only a browser can be made to send a form of others: tokens need no proof of it."""
    said = await forms.fields(request)
    if visitor(request).way != "token":
        check_form(said, visitor(request).secret)
    return said


def _role(said: Mapping[str, str]) -> Role:
    try:
        return Role(said.get("role", ""))
    except ValueError:
        raise UsageError(f"role: expected one of {', '.join(Role)}, got {said['role'][:40]!r}") from None


def _days(said: Mapping[str, str]) -> int | None:
    """None for a token that does not end."""
    words = said.get("days", "").strip()
    if not words:
        return None
    if not (words.isascii() and words.isdigit() and len(words) < 6 and 0 < int(words) <= _MOST_DAYS):
        raise UsageError(f"days: expected 1 to {_MOST_DAYS}, or nothing, got {words[:40]!r}")
    return int(words)


def _settings(settings: Settings) -> Sequence[tuple[str, list[Setting]]]:
    """By section, as the file would write them."""
    here, usual = msgspec.to_builtins(settings), msgspec.to_builtins(Settings())
    return [
        (
            section,
            [Setting(name, _value(value), value != usual[section][name]) for name, value in keys.items()],
        )
        for section, keys in here.items()
    ]


def _value(value: object) -> str:
    return msgspec.json.encode(value).decode()
