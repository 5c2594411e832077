# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/rights/queue`: where owner and curators see what waits for a person, hear it, and rule.

Who they are is settled before (`access.guard`): this is on no public route.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from onrecord.archive import Archive
from onrecord.archive.notices import Case, accept, cases, claimant, put_back, reject, uphold
from onrecord.archive.queueing import queue
from onrecord.archive.ruling import rule_question
from onrecord.errors import NotFound, OnrecordError, UsageError
from onrecord.model.rights import Use
from onrecord.web import forms, sound
from onrecord.web.access.guard import check_form, form_token
from onrecord.web.access.roles import visitor
from onrecord.web.memory import Memory
from onrecord.web.reader import Reader
from onrecord.web.render import USES, Render

_SHOWN: Final = 20
#: States of the notices that are shown, the most urgent first.
_WAITING: Final = ("due", "received", "waiting", "countered", "hidden", "incomplete")
_ACTS: Final[Mapping[str, Callable[..., Case]]] = {
    "accept": accept,
    "reject": reject,
    "uphold": uphold,
    "putback": put_back,
}
#: What may be done with a notice, by its state; the first is what usually comes next.
_MAY: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "received": (("accept", "Hide it"), ("reject", "Reject")),
    "waiting": (("accept", "Hide it"), ("reject", "Reject")),
    "incomplete": (("reject", "Reject"),),
    "hidden": (("uphold", "Uphold"), ("reject", "Reject")),
    "countered": (("uphold", "Uphold"), ("reject", "Reject")),
    "due": (("putback", "Put it back"), ("uphold", "Uphold")),
}


class Desk:
    def __init__(self, folder: Path, archive: Reader, render: Render, memory: Memory) -> None:
        self._folder = folder
        self._archive = archive
        self._page = render.page
        self._writing = memory.few("writing")

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/rights/queue", self.queue),
            Route("/rights/rule", self.rule, methods=["POST"]),
            Route("/rights/notices/{id}", self.decide, methods=["POST"]),
            Route("/rights/sound/{sha256}", self.sound),
        ]

    def queue(self, request: Request) -> Response:
        return self._queue(request)

    async def rule(self, request: Request) -> Response:
        """Rule on one question of the queue, then show what is left."""
        said = await self._said(request)

        def act() -> None:
            with Archive.open(self._folder) as archive:
                rule_question(
                    archive,
                    said.get("question", ""),
                    _yes(said),
                    uses=tuple(use for use in Use if f"use-{use.value}" in said),
                    license=said.get("license", "").strip(),
                    by=said.get("by", ""),
                    note=said.get("note", ""),
                )

        return await run_in_threadpool(self._do, request, said, act)

    async def decide(self, request: Request) -> Response:
        """Decide on one notice, then show what is left."""
        said = await self._said(request)

        def act() -> None:
            decide = _ACTS.get(said.get("answer", ""))
            if decide is None:
                raise UsageError("choose one of the answers")
            with Archive.open(self._folder) as archive:
                decide(archive, request.path_params["id"], by=said.get("by", ""), note=said.get("note", ""))

        return await run_in_threadpool(self._do, request, said, act)

    def sound(self, request: Request) -> Response:
        """A file as somebody hears it who has to rule on it: the rights are asked for that use."""
        sha256 = request.path_params["sha256"]
        answer = sound.send(self._archive, request, sha256, "unknown", use=Use.REVIEW)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    def _do(self, request: Request, said: Mapping[str, str], act: Callable[[], None]) -> Response:
        try:
            with self._writing:
                act()
        except (UsageError, NotFound) as error:
            return self._queue(request, error, said)
        return RedirectResponse("/rights/queue", 303, _KEEP_NOTHING)

    def _queue(
        self, request: Request, error: OnrecordError | None = None, said: Mapping[str, str] = {}
    ) -> Response:
        with Archive.open(self._folder) as archive:
            waiting = queue(archive, _SHOWN)
            open_cases = sorted((case for case in cases(archive) if case.state in _WAITING), key=_urgency)
            notices = [(case, claimant(archive, case.id)) for case in open_cases[:_SHOWN]]
        values: dict[str, Any] = {
            "queue": waiting,
            "notices": notices,
            "all_notices": len(open_cases),
            "may": _MAY,
            "uses": USES,
            "token": form_token(visitor(request).secret),
            "me": person.name if (person := visitor(request).person) else "",
            "error": error,
            "said": said,
        }
        return self._page("queue.html", request, values, 400 if error else 200, _KEEP_NOTHING)

    async def _said(self, request: Request) -> Mapping[str, str]:
        """What a form of ours says. Only a browser can be made to send a form of others: tokens need no proof of it."""
        said = await forms.fields(request)
        if visitor(request).way != "token":
            check_form(said, visitor(request).secret)
        return said


_KEEP_NOTHING: Final[Mapping[str, str]] = {"Cache-Control": "no-store"}


def _urgency(case: Case) -> tuple[bool, int]:
    """Where a notice stands on the page: senders who must be asked for the rest come before what only waits."""
    asking = case.state == "incomplete" and case.ask
    return not asking and case.state not in ("due", "received", "waiting"), _WAITING.index(case.state)


def _yes(said: Mapping[str, str]) -> bool:
    if said.get("answer") not in ("yes", "no"):
        raise UsageError("choose yes or no")
    return said["answer"] == "yes"
