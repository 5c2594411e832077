# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses below `/ws/2`. Read only; what is asked wrongly gets the service's own error form."""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from onrecord.archive.ws2 import BROWSED, KINDS, EntityReader
from onrecord.errors import NotFound, OnrecordError
from onrecord.model import identifiers
from onrecord.search.fields import Code
from onrecord.web import text
from onrecord.web.ws2 import inclusions, lucene, xml
from onrecord.web.ws2.inclusions import Form, Tree
from onrecord.web.ws2.rate import Rate

_log = logging.getLogger(__name__)
_HELP: Final = "For usage, please see: https://musicbrainz.org/development/mmd"
_MOST: Final = 100
_DEFAULT: Final = 25
_FARTHEST_SEARCHED: Final = 10_000
_FARTHEST: Final = 2**31
_LONGEST: Final = 6000


class _Refused(Exception):
    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def routes(reader: EntityReader, rate: Rate | None = None) -> list[Route]:
    """The service over one archive."""
    asked = _Service(reader, rate or Rate())
    ways = ["GET", "HEAD"]
    return [
        Route("/ws/2/isrc/{isrc:path}", asked.isrc, methods=ways),
        Route("/ws/2/{kind}/{id:path}", asked.lookup, methods=ways),
        Route("/ws/2/{kind}", asked.listed, methods=ways),
        Route("/ws/2/{rest:path}", asked.otherwise, methods=[*ways, "POST", "PUT", "DELETE"]),
    ]


class _Service:
    def __init__(self, reader: EntityReader, rate: Rate) -> None:
        self._reader = reader
        self._rate = rate

    def lookup(self, request: Request) -> Response:
        # Some clients end the name of a list with a slash.
        return self._answer(request, self._lookup if request.path_params["id"] else self._listed)

    def listed(self, request: Request) -> Response:
        return self._answer(request, self._listed)

    def isrc(self, request: Request) -> Response:
        return self._answer(request, self._isrc)

    def otherwise(self, request: Request) -> Response:
        def refuse(request: Request, as_json: bool) -> bytes:
            if request.method not in ("GET", "HEAD"):
                raise _Refused(405, "This archive is read here; nothing can be submitted to it.")
            raise _Refused(404, "Not Found")

        return self._answer(request, refuse)

    def _answer(self, request: Request, make: Callable[[Request, bool], bytes]) -> Response:
        may, headers = self._rate.count()
        headers |= {"Cache-Control": "no-store", "Vary": "Accept"}
        as_json = _is_json(request)
        status = 200
        try:
            if not may:
                raise _Refused(503, "Your requests are exceeding the allowable rate limit.")
            if request.query_params.get("fmt", "json") not in ("json", "xml"):
                raise _Refused(406, "Invalid format. Please use either JSON or XML.")
            if len(request.url.query) > 4 * _LONGEST:
                raise _Refused(400, f"The question is longer than {4 * _LONGEST} characters.")
            body = make(request, as_json)
        except _Refused as refusal:
            status, body = refusal.status, _problem(refusal.sentence, as_json)
        except NotFound:
            status, body = 404, _problem("Not Found", as_json)
        except OnrecordError as error:
            _log.error("%s", text.plain(str(error)))  # may name paths of this machine
            status, body = 503, _problem("The archive cannot answer just now.", as_json)
        if status == 405:
            headers["Allow"] = "GET, HEAD"
        media_type = "application/json" if as_json else "application/xml"
        return Response(body, status, headers, media_type=f"{media_type}; charset=utf-8")

    def _lookup(self, request: Request, as_json: bool) -> bytes:
        kind = _kind(request)
        id = _mbid(request.path_params["id"])
        words = _inc(kind, request)
        found = self._reader.answering().entity(kind, id, inclusions.wanted(words))
        tree = inclusions.shown(kind, found, Form(words, as_json))
        return msgspec.json.encode(tree) if as_json else xml.lookup(kind, tree)

    def _listed(self, request: Request, as_json: bool) -> bytes:
        kind = _kind(request)
        if "query" in request.query_params:
            return self._searched(kind, request, as_json)
        by = [name for name in request.query_params if name in BROWSED[kind]]
        if len(by) != 1:
            raise _Refused(400, f"Expected a query, or one MBID to browse by: {', '.join(BROWSED[kind])}.")
        return self._browsed(kind, by[0], request, as_json)

    def _browsed(self, kind: str, by: str, request: Request, as_json: bool) -> bytes:
        # As the service does: more than the most is the most, none is what it gives unasked.
        limit = min(_number(request, "limit", _DEFAULT, 0, _FARTHEST), _MOST) or _DEFAULT
        offset = _number(request, "offset", 0, 0, _FARTHEST)
        words = _inc(kind, request)
        only = [
            name.strip().casefold()
            for key in ("type", "status")
            for name in request.query_params.get(key, "")[:200].split("|")
            if name.strip()
        ]
        count, trees = self._reader.answering().browse(
            kind, by, _mbid(request.query_params[by]), limit, offset, only, inclusions.wanted(words)
        )
        shown = [inclusions.shown(kind, tree, Form(words, as_json)) for tree in trees]
        if not as_json:
            return xml.listed(kind, shown, count, offset)
        return msgspec.json.encode({f"{kind}-count": count, f"{kind}-offset": offset, f"{kind}s": shown})

    def _searched(self, kind: str, request: Request, as_json: bool) -> bytes:
        limit = _number(request, "limit", _DEFAULT, 1, _MOST)
        offset = _number(request, "offset", 0, 0, _FARTHEST_SEARCHED)
        query = request.query_params["query"]
        if not query.strip():
            raise _Refused(400, "The query is empty.")
        try:
            asked = lucene.parse(kind, query)
        except lucene.Unreadable as reason:
            raise _Refused(400, f"The query cannot be read: {text.plain(str(reason))}.") from None
        words = inclusions.SEARCHED[kind]
        count, trees = self._reader.answering().search(kind, asked, limit, offset, inclusions.wanted(words))
        shown = [_found(kind, tree, Form(words, as_json, searched=True)) for tree in trees]
        created = self._reader.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        if not as_json:
            return xml.listed(kind, shown, count, offset, created)
        answer = {"created": created, "count": count, "offset": offset, f"{kind}s": shown}
        return msgspec.json.encode(answer)

    def _isrc(self, request: Request, as_json: bool) -> bytes:
        isrc = identifiers.isrc(request.path_params["isrc"])
        if not isrc:
            raise _Refused(400, "Invalid isrc.")
        words = _inc("recording", request)
        asked = Code("isrc", isrc)
        _, trees = self._reader.answering().search("recording", asked, _MOST, 0, inclusions.wanted(words))
        if not trees:
            raise _Refused(404, "Not Found")
        shown = [inclusions.shown("recording", tree, Form(words, as_json)) for tree in trees]
        for tree in shown:
            tree.pop("score", None)
        return (
            msgspec.json.encode({"isrc": isrc, "recordings": shown}) if as_json else xml.of_isrc(isrc, shown)
        )


def _found(kind: str, tree: Tree, form: Form) -> Tree:
    """A search result: the tracks of releases are counted, those of a recording's releases are that recording."""
    shown = inclusions.shown(kind, tree, form)
    if kind == "release" and isinstance(shown.get("media"), list):
        shown["track-count"] = sum(medium.get("track-count") or 0 for medium in shown["media"])
    return shown


def _kind(request: Request) -> str:
    kind = str(request.path_params["kind"])
    if kind not in KINDS:
        raise _Refused(404, "Not Found")
    return kind


def _mbid(given: str) -> str:
    if id := identifiers.mbid(given.strip()):
        return id
    raise _Refused(400, "Invalid mbid.")


def _inc(kind: str, request: Request) -> frozenset[str]:
    try:
        return inclusions.read(kind, request.query_params.get("inc", ""))
    except inclusions.NotKnown as word:
        raise _Refused(
            400, f"{text.plain(str(word))} is not a valid inc parameter for the {kind} resource."
        ) from None


def _number(request: Request, name: str, default: int, low: int, high: int) -> int:
    given = request.query_params.get(name, "")
    if not given:
        return default
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 12 else -1
    if not low <= number <= high:
        raise _Refused(400, f"The value of {name} must be a number between {low} and {high}.")
    return number


def _is_json(request: Request) -> bool:
    if fmt := request.query_params.get("fmt"):
        return fmt == "json"
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "xml" not in accept


def _problem(sentence: str, as_json: bool) -> bytes:
    if as_json:
        return msgspec.json.encode({"error": sentence, "help": _HELP})
    return xml.problem(sentence, _HELP)
