# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of `/books`.

The comparison is of plays that are made up, so everybody may ask for it. Somebody's own statements and history are read
only where the server is bound on loopback, for its owner in a browser on the same machine; elsewhere the page gives the
command.
"""

import shlex
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onrecord.errors import OnrecordError
from onrecord.royalties.comparison import Comparison
from onrecord.royalties.listening.terms import IDLE, PLANS
from onrecord.web import forms
from onrecord.web.access.guard import check_form, form_token
from onrecord.web.access.here import is_at_home
from onrecord.web.access.roles import Role, Scope, visitor
from onrecord.web.books import own
from onrecord.web.books.comparing import Comparing, draw, plays, whole
from onrecord.web.books.sliders import BASELINE, FEE, PEOPLE, RULES, Asked, asked
from onrecord.web.memory import Memory
from onrecord.web.problems import Problem, Told
from onrecord.web.render import Render
from onrecord.web.site import Site

_FRAGMENT: Final = {"Vary": "HX-Request", "Cache-Control": "no-store"}
_KEEP_NOTHING: Final = {"Cache-Control": "no-store"}
#: Artists and cells of somebody's own report on the page; the command has all.
_MOST: Final = 200


class Books:
    def __init__(self, site: Site, render: Render, memory: Memory) -> None:
        self._site = site
        self._page = render.page
        self._comparing = Comparing(memory)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/books", self.page),
            Route("/books/plays.csv", self.plays),
            Route("/books/musician", self.musician, methods=["POST"]),
            Route("/books/listener", self.listener, methods=["POST"]),
        ]

    def page(self, request: Request) -> Response:
        """The sliders and what comes of them; the latter alone where htmx asks while somebody moves one."""
        found, error, comparison = asked(type(request.query_params)()), None, None
        try:
            found = asked(request.query_params)
            comparison = self._comparing.answer(found)
        except OnrecordError as said:
            error = said
        values = self._values(request, found, comparison) | {"error": error}
        get = request.headers.get
        fragment = get("hx-request") == "true" and get("hx-history-restore-request") != "true"
        template = "books-outcome.html" if fragment else "books.html"
        return self._page(template, request, values, 400 if error else 200, _FRAGMENT)

    def plays(self, request: Request) -> Response:
        """The plays that a comparison is of, so that anybody can make it anew."""
        content = plays(asked(request.query_params).population)
        headers = {"Content-Disposition": 'attachment; filename="plays.csv"', "Cache-Control": "no-cache"}
        return Response(content, 200, headers, "text/csv; charset=utf-8")

    async def musician(self, request: Request) -> Response:
        return await self._own(request, "earned", own.musician)

    async def listener(self, request: Request) -> Response:
        return await self._own(request, "listened", own.listener)

    async def _own(self, request: Request, name: str, read: Callable[[dict[str, str]], Any]) -> Response:
        said = await forms.fields(request)
        if visitor(request).way != "token":
            check_form(said, visitor(request).secret)
        if not self._at_home(request):
            detail = (
                "Statements and histories are read only by a server on your own machine. Use the command."
            )
            raise Told(Problem(403, "Not here", detail))

        def answer() -> Response:
            values: dict[str, Any] = {"earned": None, "listened": None, "error": None}
            try:
                values[name] = read(said)
            except OnrecordError as error:
                values["error"] = error
            status = 400 if values["error"] else 200
            values |= self._about_own(request) | {
                "said": said,
                "most": _MOST,
                "bare": own.bare,
                "short": own.short,
            }
            return self._page("books-own.html", request, values, status, _KEEP_NOTHING)

        return await run_in_threadpool(answer)

    def _at_home(self, request: Request) -> bool:
        return self._site.alone and is_at_home(request, self._site.web)

    def _about_own(self, request: Request) -> dict[str, Any]:
        who, home = visitor(request), self._at_home(request)
        return {
            "home": home,
            "may": home and who.may(Role.OWNER, Scope.OWN),
            "token": form_token(who.secret),
            "plans": PLANS,
            "idle": IDLE,
        }

    def _values(self, request: Request, found: Asked, comparison: Comparison | None) -> dict[str, Any]:
        address = f"{request.base_url}books/plays.csv?{urlencode(found.people)}"
        return {
            "asked": found,
            "now": found.values,
            "people": PEOPLE,
            "fee": FEE,
            "rules": RULES,
            "baseline": BASELINE,
            "comparison": comparison,
            "drawn": draw(comparison) if comparison else (),
            "money": whole,
            "plays": f"/books/plays.csv?{urlencode(found.people)}",
            "fetch": shlex.quote(address),
            "said": {},
            **self._about_own(request),
        }
