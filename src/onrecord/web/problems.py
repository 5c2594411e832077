# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors as answers: a page for people, `application/problem+json` (RFC 9457) for programs, never a stack trace."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from onrecord.errors import (
    ArchiveLocked,
    IntegrityError,
    IsWithdrawn,
    NotFound,
    OnrecordError,
    ReadersOnly,
    StoreFailed,
    UsageError,
)
from onrecord.model.rights import Decision
from onrecord.web import text
from onrecord.web.headers import SAFETY
from onrecord.web.render import Render

_log = logging.getLogger(__name__)
_SENTENCES: Final = {
    400: (
        "This cannot be understood",
        "The address or the question is not in a form that this archive knows.",
    ),
    401: ("Sign in", "This is for people with an account here."),
    403: ("Not allowed", "The rights that are on record do not allow this."),
    404: ("Not here", "Nothing in this archive has this address. It may have been mistyped."),
    405: (
        "Not this way",
        "This address does not answer to this method. What is read is read with GET; nothing is changed so.",
    ),
    422: ("This cannot be answered", "A part of the question is not in a form that this archive knows."),
    451: ("Withdrawn", "This was here, and somebody who may say so has said no."),
    500: ("Something failed", "Nothing was lost. The archive's own log says what happened."),
    503: (
        "Not now",
        "The bytes are not what their digest says, so they are not served until they are repaired.",
    ),
}

#: Where it is no sound that cannot be read.
_UNREADABLE: Final = (
    "Not now",
    "Something that this archive needs for its answer cannot be read. Its own log says what, and what to do.",
)
_READERS_ONLY: Final = (
    "Not here",
    "This server shows a copy of an archive for readers, which takes and counts nothing. Ask the archive itself.",
)
_LOCKED: Final = (
    "Not now",
    "Another program is writing to this archive just now. Nothing was changed; send it again when that is done.",
)


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong. `codes` and `would_change` are there where the rights gate said no."""

    status: int
    title: str
    detail: str
    codes: tuple[str, ...] = ()
    would_change: str = ""


class Told(Exception):
    """An answer that some part of the page has worded itself."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] = {}) -> None:
        super().__init__(problem.title)
        self.problem = problem
        self.headers = headers


class Denied(Exception):
    """The gate said no. A denial is a value everywhere else; here it only carries the value to the answer."""

    def __init__(self, status: int, decision: Decision) -> None:
        super().__init__(status)
        self.status = status
        self.decision = decision


def mistaken(sentences: Iterable[str]) -> Problem:
    """What of a question cannot be answered, each as `parameter: what is wrong`."""
    title, detail = _SENTENCES[422]
    return Problem(422, title, text.clip("; ".join(sentences), 1000) or detail)


def answer_errors(app: FastAPI, render: Render) -> None:
    """Gives `app` an answer for each kind of error."""

    def known(request: Request, problem: Exception) -> Response:
        headers = dict(problem.headers or {}) if isinstance(problem, HTTPException | Told) else {}
        if isinstance(problem, ArchiveLocked):
            headers["Retry-After"] = "10"
        if "GET" in headers.get("Allow", "") and "POST" not in headers["Allow"]:
            # The router names only the first route of an address that has two.
            headers["Allow"] = "GET, HEAD"
        return _answer(request, render, _problem(problem), headers)

    def unknown(request: Request, problem: Exception) -> Response:
        # Starlette logs the exception itself and calls this outside of every middleware.
        return _answer(request, render, _plain(500), dict(SAFETY))

    for kind in (HTTPException, RequestValidationError, OnrecordError, Denied, Told):
        app.add_exception_handler(kind, known)
    app.add_exception_handler(Exception, unknown)


def _problem(problem: Exception) -> Problem:
    if isinstance(problem, Told):
        return problem.problem
    if isinstance(problem, RequestValidationError):
        return mistaken(map(_told, problem.errors()))
    if isinstance(problem, ArchiveLocked):
        return Problem(503, *_LOCKED)
    if isinstance(problem, ReadersOnly):
        return Problem(403, *_READERS_ONLY)
    if isinstance(problem, Denied):
        title, detail = _SENTENCES[problem.status]
        decision = problem.decision
        return Problem(problem.status, title, detail, decision.codes, text.clip(decision.would_change))
    if isinstance(problem, HTTPException):
        return _plain(problem.status_code)
    if isinstance(problem, NotFound):
        return _plain(404)
    if isinstance(problem, IsWithdrawn):
        # A tombstone: when, and by which rule. What it was is not said.
        title, detail = _SENTENCES[451]
        return Problem(451, title, f"{detail} Day of the withdrawal: {problem.day}.", (problem.code,))
    if isinstance(problem, UsageError):
        return _plain(400)
    # The message may name paths of this machine: it goes to the log, not to the world.
    _log.error("%s", text.plain(str(problem)))
    if isinstance(problem, StoreFailed):
        return Problem(503, *_UNREADABLE)
    return _plain(503 if isinstance(problem, IntegrityError) else 500)


def _told(wrong: Mapping[str, Any]) -> str:
    """One fault that a framework found, with what came instead."""
    where = [str(part) for part in wrong.get("loc", ())][1:]
    got = wrong.get("input")
    shown = f", got {text.clip(str(got), 60)!r}" if isinstance(got, str | int | float) else ""
    return f"{'.'.join(where) or 'the request'}: {wrong.get('msg', 'not understood')}{shown}"


def _plain(status: int) -> Problem:
    title, detail = _SENTENCES.get(status, _SENTENCES[400 if status < 500 else 500])
    return Problem(status, title, detail)


def _answer(request: Request, render: Render, problem: Problem, headers: dict[str, str]) -> Response:
    headers |= {"Cache-Control": "no-store", "Vary": "Accept, HX-Request"}
    if problem.status == 451:
        # RFC 7725, section 4: who blocks it, which is this archive. Who asked for it is not said.
        headers["Link"] = '</>; rel="blocked-by"'
    path = request.url.path
    if (
        path.startswith("/api/")
        or path == "/lookup"
        or (path.startswith("/sound/") and not _wants_page(request))
    ):
        body = msgspec.json.encode(problem)
        return Response(body, problem.status, headers, media_type="application/problem+json")
    template = "problem-fragment.html" if request.headers.get("hx-request") == "true" else "problem.html"
    return render.page(template, request, {"problem": problem}, problem.status, headers)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
