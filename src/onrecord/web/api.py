# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON interface: the same values as the pages, described by OpenAPI at `/api/openapi.json`."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from fastapi import APIRouter, FastAPI, Path, Query, Request
from fastapi.openapi.utils import get_openapi
from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from onrecord.archive.notice_elements import Notice
from onrecord.errors import UsageError
from onrecord.model.filters import EVERYTHING, Filters
from onrecord.model.views import Glance, Hit, RecordingView
from onrecord.web import bulk, described, shuffle, signs, sound
from onrecord.web.access.signin import Signed, Wanted
from onrecord.web.lanes import listening
from onrecord.web.notices import Received
from onrecord.web.pages import known_id, question
from onrecord.web.problems import Problem, Told, mistaken
from onrecord.web.reader import Reader
from onrecord.web.whereabouts import Whereabouts


class Found(Struct, frozen=True):
    """The question as it was understood, and what was found, best first.

    `after` is there where words were not: given with the same filters, it asks for what comes next; "" at the end.
    """

    query: str
    hits: list[Hit]
    after: str = ""


class State(Struct, frozen=True):
    """Whether the server can answer; `bad` counts blobs that the last check found damaged."""

    state: Literal["alive", "ready", "not ready"]
    bad: int = 0


Kind = Literal["artist", "release", "recording", "release-group", "work", "label"]
_SCHEMAS: Final = (
    Found,
    Glance,
    Notice,
    Problem,
    Received,
    RecordingView,
    Signed,
    State,
    Wanted,
    *bulk.SCHEMAS,
    *shuffle.SCHEMAS,
)
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Response | Awaitable[Response]])


_MISTAKEN: Final = described.problem("A parameter is not understood, or names what is not known here.")
_GONE: Final = described.problem("Nothing has this id.")
_BYTES: Final = {"content": {"audio/*": {"schema": {"type": "string", "format": "binary"}}}}


def routes(archive: Reader, where: Whereabouts) -> APIRouter:
    """Everything that a program may ask. Each answer to GET is also there for HEAD."""
    router = APIRouter(default_response_class=Response)

    def both(path: str, responses: described.Answers) -> Callable[[_Endpoint], _Endpoint]:
        return lambda function: described.both(router, path, function, responses)

    @both("/api/glance", {200: described.answer(Glance, "The archive in numbers.")})
    def glance() -> Response:
        """The archive in numbers, all counted from the archive itself."""
        return _answer(archive.glance())

    @both("/api/search", {200: described.answer(Found, "Hits, best first."), 422: _MISTAKEN})
    def search(
        q: Annotated[
            str,
            Query(
                description="Words, or an identifier. Cut at 200 characters; operators are words. Without any, all that"
                " the filters leave is listed, the best known first; without filters nothing is."
            ),
        ] = "",
        kind: Annotated[list[Kind] | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        year_from: Annotated[
            int | None, Query(ge=0, le=9999, description="Dated in this year or later.")
        ] = None,
        year_to: Annotated[
            int | None, Query(ge=0, le=9999, description="Dated in this year or earlier.")
        ] = None,
        sound: Annotated[bool | None, Query(description="Has sound, or has none.")] = None,
        source: Annotated[
            list[str] | None, Query(max_length=20, description="Any of these sources says something of it.")
        ] = None,
        license: Annotated[
            list[str] | None,
            Query(
                max_length=20,
                description="Recordings with sound under any of these, with or without a version: `CC-BY`.",
            ),
        ] = None,
        territory: Annotated[
            str,
            Query(
                pattern="^([A-Z]{2}|Worldwide|unknown)?$",
                description="Recordings whose sound may be streamed there today, by the rights on record. A country's"
                " code (ISO 3166-1), `Worldwide`, or `unknown` for where nothing is known of the listener.",
            ),
        ] = "",
        language: Annotated[
            list[str] | None,
            Query(
                max_length=20,
                description="In any of these languages, as works, the works that are recorded, and titles of releases"
                " are claimed to be: codes of ISO 639-3 such as `eng`.",
            ),
        ] = None,
        length_from: Annotated[
            int | None, Query(ge=0, le=1_000_000, description="Recordings of at least so many seconds.")
        ] = None,
        length_to: Annotated[
            int | None, Query(ge=0, le=1_000_000, description="Recordings of less than so many seconds.")
        ] = None,
        shelf: Annotated[
            str,
            Query(
                max_length=80,
                description="Recordings whose sound lies in volumes of this shelf: `cc-by-4-0`.",
            ),
        ] = "",
        after: Annotated[
            str, Query(max_length=60, description="Without words: the list goes on behind this place.")
        ] = "",
    ) -> Response:
        """What the words fit, or what an identifier names: ISRC, barcode, MBID, AcoustID, ISWC, ISNI, label code with
        its letters (`LC 00193`), Discogs id, SHA-256, or an id of the archive's own. The page of a hit is
        `/<kind>/<id>`."""
        query = question(q)
        filters = Filters(
            years=(year_from, year_to),
            sound=sound,
            sources=tuple(source or ()),
            licenses=tuple(license or ()),
            territory=territory,
            languages=tuple(language or ()),
            seconds=(length_from, length_to),
            shelf=shelf,
        )
        found = _found(archive, query, tuple(kind or ()), limit, filters, after)
        return _answer(found, {"Cache-Control": "no-store"})

    @both(
        "/api/recording/{id}",
        {
            200: described.answer(RecordingView, "All that is known."),
            301: {"description": "Merged; see Location."},
            404: _GONE,
            451: described.problem("Withdrawn: when, and by which rule."),
        },
    )
    def recording(id: Annotated[str, Path(description="A canonical id.")]) -> Response:
        """One recording: sounds with digests, claims with sources and licenses, decisions with rules and evidence."""
        view = archive.recording(known_id(id))
        if view.id != id:
            return RedirectResponse(f"/api/recording/{view.id}", 301, {"Cache-Control": "no-cache"})
        return _answer(view, signs.fields(archive.signals(*(it.sha256 for it in view.sounds))))

    @both(
        "/sound/{sha256}",
        {
            200: {"description": "The whole file.", **_BYTES},
            206: {"description": "The parts that Range asked for.", **_BYTES},
            304: {"description": "If-None-Match names this sound, and it may still be played."},
            403: described.problem("The rights on record say no; `codes` say why."),
            404: described.problem("No sound has this digest."),
            416: {"description": "No part of Range lies in the file."},
            422: _MISTAKEN,
            451: described.problem("Withdrawn."),
            503: described.problem("The bytes are not what their digest says."),
        },
    )
    async def sound_(
        request: Request,
        sha256: Annotated[str, Path(description="SHA-256 of the file, 64 lower-case hexadecimal digits.")],
        download: Annotated[
            bool, Query(description="Ask for the use `download` rather than `stream`.")
        ] = False,
        copy: Annotated[
            bool, Query(description="Send the access copy: Opus, smaller. 404 where there is none.")
        ] = False,
    ) -> Response:
        """The sound itself. The rights are asked at each request, on the day."""
        territory = where.of(request)

        def answer() -> Response:
            return sound.send(
                archive, request, sha256, territory, download=download, copy=copy, vary=where.headers
            )

        return await listening(answer)

    @both("/livez", {200: described.answer(State, "The process answers.")})
    def livez() -> Response:
        """Alive: the process answers, whatever the archive's state."""
        return _answer(State(state="alive"), {"Cache-Control": "no-store"})

    @both(
        "/readyz",
        {
            200: described.answer(State, "The archive answers."),
            503: described.answer(State, "The archive does not answer."),
        },
    )
    def readyz() -> Response:
        """Ready: the archive can be counted, and its index opens."""
        try:
            state, status = State(state="ready", bad=archive.glance().bad), 200
            archive.search("ready", (), 1)
        except Exception:  # whatever it is, a balancer must send listeners elsewhere
            state, status = State(state="not ready"), 503
        return _answer(state, {"Cache-Control": "no-store"}, status)

    return router


def describe(app: FastAPI) -> None:
    """Makes `app` describe its answers from the very types that it encodes."""
    _, schemas = msgspec.json.schema_components(_SCHEMAS, ref_template=described.REF)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            described.setdefault("components", {}).setdefault("schemas", {}).update(schemas)
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _found(
    archive: Reader, query: str, kinds: tuple[str, ...], limit: int, filters: Filters, after: str
) -> Found:
    if wrong := archive.unknown(filters):
        raise Told(mistaken(wrong))
    if query:
        if after:
            raise Told(mistaken([f"after: {after[:60]!r} goes with a list, and words were given as well"]))
        return Found(query=query, hits=archive.search(query, kinds, limit, filters))
    if not kinds and filters == EVERYTHING:
        return Found(query=query, hits=[])
    try:
        listing = archive.browse(kinds, limit, filters, after)
    except UsageError as error:
        raise Told(mistaken([f"after: {error}"])) from None
    return Found(query=query, hits=list(listing.hits), after=listing.after)


def _answer(value: Struct, headers: dict[str, str] | None = None, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-cache", **(headers or {})}
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")
