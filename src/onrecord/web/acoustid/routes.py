# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses below `/v2`. What cannot be answered gets AcoustID's own form of an error, never a page."""

import hmac
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from onrecord.archive import Archive
from onrecord.archive.sound_lookup import SoundLookup
from onrecord.archive.submitting import submit
from onrecord.archive.ws2 import EntityReader
from onrecord.errors import ArchiveLocked, NotFound, OnrecordError
from onrecord.web import text
from onrecord.web.access.here import is_here
from onrecord.web.acoustid import answers, asking, faults
from onrecord.web.acoustid.asking import Parameters
from onrecord.web.acoustid.faults import Refused
from onrecord.web.acoustid.written import Tree, written
from onrecord.web.memory import Memory
from onrecord.web.site import Site
from onrecord.web.ws2.rate import Rate

_log = logging.getLogger(__name__)
#: Look-ups in a second, for everybody together.
LIMIT: Final = 100
#: Look-ups and submissions answered at one time: each makes the machine compare much.
_AT_ONCE: Final = 4
_PATIENCE: Final = 20.0
_MOST_STATUSES: Final = 200
_ID: Final = re.compile("[0-9]{1,18}", re.ASCII)


def routes(folder: Path, site: Site, memory: Memory, rate: Rate | None = None) -> list[Route]:
    """The service over the archive in a folder. Submissions are taken where `site` has a key: on this machine."""
    service = _Service(folder, site, memory, rate or Rate(LIMIT, cells=memory.cells("/v2", 1)))
    every = ["GET", "HEAD", "POST"]
    return [
        Route("/v2/lookup", service.lookup, methods=every),
        Route("/v2/submit", service.submit, methods=every),
        Route("/v2/submission_status", service.status, methods=every),
        Route("/v2/{rest:path}", service.otherwise, methods=[*every, "PUT", "DELETE"]),
    ]


class _Service:
    def __init__(self, folder: Path, site: Site, memory: Memory, rate: Rate) -> None:
        self._folder = folder
        self._site = site
        self._rate = rate
        self._sounds = SoundLookup(folder)
        self._entities = EntityReader(folder)
        self._busy = memory.few("/v2", _AT_ONCE)
        self._writing = memory.few("writing")

    async def lookup(self, request: Request) -> Response:
        return await self._answer(request, self._lookup)

    async def submit(self, request: Request) -> Response:
        return await self._answer(request, self._submit)

    async def status(self, request: Request) -> Response:
        return await self._answer(request, self._status)

    async def otherwise(self, request: Request) -> Response:
        def refuse(request: Request, asked: Parameters) -> Tree:
            raise Refused(
                12, "not allowed: expected /v2/lookup, /v2/submit or /v2/submission_status", status=404
            )

        return await self._answer(request, refuse)

    async def _answer(self, request: Request, make: Callable[[Request, Parameters], Tree]) -> Response:
        may, headers = self._rate.count()
        headers["Cache-Control"] = "no-store"
        form, status = "json", 200
        try:
            if not may:
                raise faults.too_many(int(headers["X-RateLimit-Limit"]))
            asked = await asking.parameters(request)
            form = asking.format_of(asked)
            answer = {"status": "ok", **await run_in_threadpool(self._made, request, asked, make)}
        except Refused as refusal:
            status = refusal.status
            error = {"code": refusal.code, "message": refusal.sentence}
            answer = {"status": "error", "error": error}
            if status == 503:
                headers["Retry-After"] = "10"
            if status == 413:
                headers["Connection"] = "close"  # the rest of the body is not read
        body, media_type = written(answer, form)
        return Response(body, status, headers, media_type=media_type)

    def _made(self, request: Request, asked: Parameters, make: Callable[[Request, Parameters], Tree]) -> Tree:
        try:
            with self._one_of_few():
                if not self._sounds.is_ready():
                    raise faults.unavailable(
                        "this archive holds no fingerprints yet: add sound, then run onrecord match"
                    )
                if not asked.get("client"):
                    raise faults.missing("client")
                return make(request, asked)
        except ArchiveLocked:
            raise faults.unavailable("another program is writing to this archive just now") from None
        except OnrecordError as error:
            _log.error("%s", text.plain(str(error)))  # may name paths of this machine
            raise faults.unavailable("the archive cannot answer just now") from None
        except Refused:
            raise
        except Exception:  # whatever it is, a tagger is told in a form that it reads
            _log.exception("a question to /v2 failed")
            raise faults.internal() from None

    def _lookup(self, request: Request, asked: Parameters) -> Tree:
        meta = asking.meta(asked)
        questions, batch, within = asking.wanted(asked)
        known = answers.remembering(self._known)
        found: list[Tree] = []
        for question in questions:
            if question.track:
                track = self._sounds.by_id(question.track)
                tracks = [track] if track else []
            else:
                tracks = self._sounds.by_sound(question.fingerprint, question.seconds, within)
            found.append({"index": question.index, "results": answers.results(tracks, meta, known)})
        return {"fingerprints": found} if batch else {"results": found[0]["results"]}

    def _submit(self, request: Request, asked: Parameters) -> Tree:
        user = asked.get("user")
        if not user:
            raise faults.missing("user")
        self._let_in(request, user)
        if request.method != "POST":
            raise faults.not_allowed("what is submitted is sent by POST")
        read = asking.submissions(asked)
        if not read:
            return {"submissions": []}
        by = asking.by(asked) or self._who(user)
        with self._writing, Archive.open(self._folder) as archive:
            made = submit(archive, [submission for _, submission in read], by=by)
        return {
            "submissions": [
                {**self._state(item.id), **({"index": index} if index else {})}
                for item, (index, _) in zip(made, read, strict=True)
            ]
        }

    def _status(self, request: Request, asked: Parameters) -> Tree:
        self._let_in(request, asked.get("user"))
        said = [id for id in asked.all("id")[:_MOST_STATUSES] if _ID.fullmatch(id)]
        return {"submissions": [self._state(int(id)) for id in said]}

    def _state(self, id: int) -> Tree:
        """As the service has it, what is not known is `pending`."""
        found = self._sounds.submission(id)
        if found is None:
            return {"id": id, "status": "pending"}
        return {"id": id, "status": "imported", "result": {"id": found[1]}}

    def _let_in(self, request: Request, user: str) -> None:
        if not self._site.key:
            raise faults.not_allowed("submissions are taken where onrecord serve runs on this machine alone")
        if not self._is_key(user) and not is_here(request, self._site.web):
            raise faults.invalid_user()

    def _who(self, user: str) -> str:
        return "whoever has the key of the queue" if self._is_key(user) else "somebody on this machine"

    def _is_key(self, user: str) -> bool:
        return hmac.compare_digest(user.encode(), self._site.key.encode())

    def _known(self, mbid: str, releases: bool) -> Tree:
        try:
            return self._entities.answering().entity(
                "recording", mbid, frozenset({"releases"} if releases else set[str]())
            )
        except NotFound:
            return {}

    @contextmanager
    def _one_of_few(self) -> Iterator[None]:
        if not self._busy.acquire(timeout=_PATIENCE):
            raise faults.unavailable("others are being answered")
        try:
            yield
        finally:
            self._busy.release()
