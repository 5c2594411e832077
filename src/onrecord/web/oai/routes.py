# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/oai`: the six verbs, by GET and by POST. Whatever is wrong with a question is told in the protocol's own way."""

import datetime as dt
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from onrecord.archive import Archive
from onrecord.archive.held_listing import Held, HeldListing, NotYet
from onrecord.errors import IsWithdrawn, NotFound, OnrecordError
from onrecord.ledger.log import utc_now
from onrecord.web import forms, text
from onrecord.web.oai import asked, dublin_core
from onrecord.web.oai.asked import Place, Wrong
from onrecord.web.oai.dublin_core import Element, Telling
from onrecord.web.oai.written import Answer, Going, Header, second
from onrecord.web.reader import Reader

_log = logging.getLogger(__name__)
#: Records in one answer.
PAGE: Final = 100
_EMAIL: Final = re.compile(r"[^\s@<>]+@(?:[^\s@<>.]+\.)+[^\s@<>.]+")
_KINDS: Final = {"recording": "Recordings", "release": "Releases"}


def routes(
    folder: Path,
    archive: Reader,
    held: HeldListing,
    clock: Callable[[], dt.datetime] = utc_now,
    page: int = PAGE,
) -> list[Route]:
    """The provider over one archive, which lists what sound is held of, `page` records an answer."""
    provider = _Provider(folder, archive, held, clock, page)
    return [Route("/oai", provider.get), Route("/oai", provider.post, methods=["POST"])]


class _Provider:
    def __init__(
        self, folder: Path, archive: Reader, held: HeldListing, clock: Callable[[], dt.datetime], page: int
    ) -> None:
        self._folder = folder
        self._archive = archive
        self._clock = clock
        self._page = page
        self._listing = held

    def get(self, request: Request) -> Response:
        return self._answer(request, request.query_params.multi_items())

    async def post(self, request: Request) -> Response:
        body = (await forms.body(request)).decode("utf-8", "replace")
        pairs = [*request.query_params.multi_items(), *parse_qsl(body, keep_blank_values=True)[:50]]
        return await run_in_threadpool(self._answer, request, pairs)

    def _answer(self, request: Request, pairs: list[tuple[str, str]]) -> Response:
        base, now = str(request.base_url), self._clock()
        try:
            verb, given = asked.read(pairs)
        except Wrong as wrong:
            # What was wrong is not said again, but for a format that is not here.
            said = dict(pairs) if wrong.code == "cannotDisseminateFormat" else {}
            return _refusal(Answer(now, f"{base}oai", said), wrong)
        answer = Answer(now, f"{base}oai", {"verb": verb, **given})
        try:
            self._listing.renew()
            with Archive.open(self._folder) as archive:
                _Telling(self._archive, archive, self._listing, base, self._page).tell(answer, verb, given)
        except Wrong as wrong:
            return _refusal(answer, wrong)
        except NotYet:
            return _later("The list of what is held is being made; ask again in a minute.")
        except OnrecordError as error:
            _log.error("%s", text.plain(str(error)))  # may name paths of this machine
            return _later("The archive cannot answer just now.")
        return _sent(answer)


class _Telling:
    """What one request is told."""

    def __init__(self, reader: Reader, archive: Archive, listing: HeldListing, base: str, page: int) -> None:
        self._reader = reader
        self._archive = archive
        self._listing = listing
        self._base = base
        self._page = page
        self._told: Telling = dublin_core.telling(archive)

    def tell(self, answer: Answer, verb: str, given: dict[str, str]) -> None:
        if verb == "Identify":
            answer.identify(self._identity())
        elif verb == "ListMetadataFormats":
            if "identifier" in given:
                self._named(given["identifier"])
            answer.formats()
        elif verb == "ListSets":
            self._sets(answer, given)
        elif verb == "GetRecord":
            answer.listed(verb, [self._described(self._named(given["identifier"]))], None)
        else:
            self._list(answer, verb, asked.place(verb, given))

    def _identity(self) -> list[tuple[str, str]]:
        settings = self._archive.settings
        mail = _EMAIL.search(f"{settings.web.agent} {settings.harvest.contact}")
        earliest = self._listing.earliest()
        return [
            ("repositoryName", settings.archive.name or "An onrecord archive"),
            ("baseURL", f"{self._base}oai"),
            ("protocolVersion", "2.0"),
            ("adminEmail", mail[0] if mail else "nobody@onrecord.invalid"),
            (
                "earliestDatestamp",
                second(earliest if earliest is not None else self._archive.clock().timestamp()),
            ),
            ("deletedRecord", "persistent"),
            ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
        ]

    def _sets(self, answer: Answer, given: dict[str, str]) -> None:
        if "resumptionToken" in given:
            raise Wrong("badResumptionToken", "all sets are told at once; there is nothing to go on with")
        parts = self._listing.parts()
        shelves = [(part, f"Volumes of the shelf {part.partition(':')[2]}") for part in parts if ":" in part]
        kinds = [(part, _KINDS.get(part, part)) for part in parts if ":" not in part]
        above = [("shelf", "What volumes hold, shelf by shelf")] if shelves else []
        answer.sets([*(kinds or _KINDS.items()), *above, *shelves])

    def _list(self, answer: Answer, verb: str, place: Place) -> None:
        if not place.id:
            place = replace(place, count=self._listing.count(place.part, place.first, place.last))
        after = (place.stamp, place.id) if place.id else None
        found = self._listing.listed(place.part, place.first, place.last, after, self._page + 1)
        if not found and not place.id:
            raise Wrong("noRecordsMatch", "nothing that is held changed then, or belongs to such a set")
        page, more = found[: self._page], len(found) > self._page
        going = None
        if more or place.id:
            last = page[-1] if page else None
            on = (
                replace(place, stamp=last.stamp, id=last.id, given=place.given + len(page)) if last else place
            )
            going = Going(on.token if more else "", max(place.count, place.given + len(page)), place.given)
        if not page:
            raise Wrong("badResumptionToken", "the list went on to another place; begin again")
        told = self._described if verb == "ListRecords" else self._headed
        answer.listed(verb, [told(held) for held in page], going)

    def _named(self, identifier: str) -> Held:
        kind, _, id = identifier.removeprefix(self._prefix).partition("/")
        held = self._listing.find(id) if identifier.startswith(self._prefix) else None
        if held is None or held.kind != kind:
            raise Wrong("idDoesNotExist", f"no record has the identifier {identifier[:200]!r}")
        return held

    @property
    def _prefix(self) -> str:
        return f"oai:onrecord-{self._archive.id}:"

    def _headed(self, held: Held, gone: bool = False, elements: list[Element] | None = None) -> Header:
        parts = held.parts
        return Header(f"{self._prefix}{held.kind}/{held.id}", held.stamp, parts, held.gone or gone, elements)

    def _described(self, held: Held) -> Header:
        if held.gone:
            return self._headed(held)
        try:
            if held.kind == "release":
                view = self._reader.release(held.id)
                elements, id = dublin_core.of_release(view, self._told, self._base), view.id
            else:
                seen = self._reader.recording(held.id)
                elements, id = dublin_core.of_recording(seen, self._told, self._base), seen.id
        except (NotFound, IsWithdrawn):
            # It went between the list and this moment: told as deleted now, and listed so the next time.
            return self._headed(held, gone=True)
        return self._headed(held, gone=id != held.id, elements=elements)


def _refusal(answer: Answer, wrong: Wrong) -> Response:
    answer.error(wrong.code, wrong.sentence)
    return _sent(answer)


def _sent(answer: Answer) -> Response:
    return Response(answer.bytes(), 200, {"Cache-Control": "no-store"}, "text/xml; charset=utf-8")


def _later(sentence: str) -> Response:
    return PlainTextResponse(sentence + "\n", 503, {"Retry-After": "60", "Cache-Control": "no-store"})
