# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/rights/notice` and `/api/notices`: where rights owners say that something should not be here."""

import time
from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onrecord.archive import Archive
from onrecord.archive.notice_elements import ELEMENTS, MOST_THINGS, Element, Notice, read_said
from onrecord.archive.notices import Case, receive
from onrecord.errors import UsageError
from onrecord.web import described, forms
from onrecord.web.memory import Cells, Memory, OwnCells
from onrecord.web.problems import Problem, Told
from onrecord.web.render import Render
from onrecord.web.site import Site

_HOUR: Final = 3600.0
_STATEMENTS: Final = ("good_faith", "accurate")
_NEXT: Final = {
    "hidden": "It is hidden. Whoever deposited it may answer; you are told, and have ten business days to go to court.",
    "waiting": "It reaches so much that a person looks at it first.",
    "received": "It is being hidden.",
    "incomplete": "Nothing was hidden. Send the notice again with what is missing.",
}


class Received(Struct, frozen=True):
    """A notice as its sender gets to see it. `found` and `unknown` count the things that it names."""

    id: str
    state: str
    found: int
    unknown: int
    missing: tuple[Element, ...]
    next: str


class Limit:
    """At most so many notices an hour, whoever sends them. From any number of threads."""

    def __init__(
        self, most: int, clock: Callable[[], float] = time.monotonic, cells: Cells | None = None
    ) -> None:
        self._most = most
        self._clock = clock
        self._cells = cells or OwnCells(1)

    def take(self) -> None:
        """Count one more. Raises Told (429) where that is too many."""
        if wait := self._cells.change(b"", self._take):
            detail = "More notices came than are taken in an hour. Send it later, or write to whoever answers here."
            raise Told(Problem(429, "Too many notices", detail), {"Retry-After": str(wait)})

    def _take(self, kept: bytes) -> tuple[bytes, int]:
        now = self._clock()
        taken = [at for at in array("d", kept) if at > now - _HOUR]
        wait = 0
        if len(taken) >= self._most:
            wait = int(taken[0] + _HOUR - now) + 1 if taken else int(_HOUR)
        else:
            taken.append(now)
        return array("d", taken).tobytes(), wait


class Notices:
    """Writes one notice at a time. The archive locked by another program is an answer (503), not a wait."""

    def __init__(self, folder: Path, site: Site, render: Render, memory: Memory) -> None:
        self._folder = folder
        self._site = site
        self._page = render.page
        self._limit = Limit(site.web.notices_per_hour, cells=memory.cells("notices", 1))
        self._writing = memory.few("writing")

    def routes(self) -> list[BaseRoute]:
        return [Route("/rights/notice", self.form, methods=["GET", "POST"])]

    def api(self) -> APIRouter:
        router = APIRouter(default_response_class=Response)
        router.add_api_route("/api/notices", self.send, methods=["POST"], **_DESCRIBED)
        return router

    async def form(self, request: Request) -> Response:
        if request.method != "POST":
            return await run_in_threadpool(self._form, request)
        if forms.is_from_elsewhere(request):
            raise Told(
                Problem(
                    403, "Not allowed", "This form was sent by a page of another site. Send it from here."
                )
            )
        fields: dict[str, Any] = dict(await forms.fields(request))
        fields |= {name: name in fields for name in _STATEMENTS}
        fields["material"] = tuple(str(fields.get("material", "")).split())
        case = await run_in_threadpool(self._receive, fields, "form")
        status = 422 if case.missing else 201
        return self._page(
            "notice-received.html", request, {"received": _received(case)}, status, _KEEP_NOTHING
        )

    async def send(self, request: Request) -> Response:
        """Send a notice (17 U.S.C. 512(c)(3)). A complete one hides what it names at once."""
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise Told(Problem(415, "Not JSON", "Expected application/json."))
        try:
            fields = msgspec.json.decode(await forms.body(request))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Told(Problem(400, "This cannot be understood", f"Expected JSON: {error}")) from None
        case = await run_in_threadpool(self._receive, fields, "api")
        body = msgspec.json.encode(_received(case))
        return Response(body, 422 if case.missing else 201, _KEEP_NOTHING, "application/json")

    def _form(self, request: Request) -> Response:
        values = {"elements": ELEMENTS, "most": MOST_THINGS, "web": self._site.web,
                  "about": request.query_params.get("about", "")}  # fmt: skip
        return self._page("notice.html", request, values)

    def _receive(self, fields: Any, channel: str) -> Case:
        try:
            notice = read_said(Notice, fields)
            self._limit.take()
            with self._writing, Archive.open(self._folder) as archive:
                return receive(archive, notice, channel)
        except UsageError as error:
            raise Told(Problem(400, "This cannot be understood", error.message)) from None


_KEEP_NOTHING: Final[Mapping[str, str]] = {"Cache-Control": "no-store"}
_DESCRIBED: Final[dict[str, Any]] = {
    "responses": {
        201: described.answer(Received, "It was taken."),
        400: described.problem("Not a notice."),
        422: described.answer(Received, "Elements are missing: it is kept, and hides nothing."),
        429: described.problem("Too many notices this hour."),
        503: described.problem("Another program is writing to the archive; send it again."),
    },
    "openapi_extra": described.body({"application/json": described.schema(Notice)}),
}


def _received(case: Case) -> Received:
    return Received(
        id=case.id,
        state=case.state,
        found=len(case.targets),
        unknown=case.unknown,
        missing=tuple(element for element in ELEMENTS if element.name in case.missing),
        next=_NEXT[case.state],
    )
