# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/1`: plays are handed in and read back with a token of the person whom they are of, and by nobody else.

`/listening` tells a person what is kept of them, where they say whether plays are to be kept, and have it erased.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from onrecord.errors import OnrecordError
from onrecord.web import forms, text
from onrecord.web.access.guard import check_form
from onrecord.web.access.roles import Role, Scope, Visitor, visitor
from onrecord.web.listens import submitted
from onrecord.web.listens.keeping import Listening
from onrecord.web.listens.submitted import Listen, Mistaken
from onrecord.web.memory import Memory
from onrecord.web.problems import Problem, Told
from onrecord.web.reader import Reader

_log = logging.getLogger(__name__)
Tree = dict[str, Any]
#: Bytes of a submission: a thousand listens at their longest.
_LONGEST: Final = 10_240_000
_MOST_SHOWN: Final = 100
#: So long somebody hears what they said they hear.
_NOW: Final = 600.0
#: People of whom that is known.
_MOST_NOW: Final = 10_000
_NOT_KEPT: Final = (
    "Plays are kept of those alone who want it. Say so with POST /listening keep=yes, or have whoever runs the archive "
    "say it: `onrecord users plays NAME --keep`."
)


class Tokens(Protocol):
    """Who is who (`access.people.Users`)."""

    def by_token(self, token: str, /) -> Visitor | None: ...


class _Refused(Exception):
    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def routes(archive: Reader, users: Tokens, listening: Listening, memory: Memory) -> list[Route]:
    service = _Service(archive, users, listening, memory)
    post = ["POST"]
    return [
        Route("/1/submit-listens", service.submit, methods=post),
        Route("/1/validate-token", service.validate),
        Route("/1/latest-import", service.latest_import),
        Route("/1/latest-import", service.note_import, methods=post),
        Route("/1/delete-listen", service.delete, methods=post),
        Route("/1/user/{name}/listens", service.listens),
        Route("/1/user/{name}/listen-count", service.count),
        Route("/1/user/{name}/playing-now", service.playing_now),
        Route("/1/{rest:path}", service.otherwise, methods=["GET", "POST"]),
        Route("/listening", service.kept),
        Route("/listening", service.choose, methods=post),
    ]


class _Service:
    def __init__(self, archive: Reader, users: Tokens, listening: Listening, memory: Memory) -> None:
        self._archive = archive
        self._users = users
        self._listening = listening
        self._now = memory.cells("listens now", _MOST_NOW)

    # Handed in ---------------------------------------------------------------------------------------------------

    async def submit(self, request: Request) -> Response:
        return await self._posted(request, self._submit)

    def _submit(self, user: str, body: bytes) -> Tree:
        try:
            given = submitted.read(body, time.time())
        except Mistaken as wrong:
            raise _Refused(400, str(wrong)) from None
        if given.listen_type == "playing_now":
            now = msgspec.json.encode((time.time(), given.payload[0]))
            self._now.change(user.encode(), lambda _: (now, None))
            return {"status": "ok"}
        if not self._listening.keeps(user):
            raise _Refused(403, _NOT_KEPT)
        self._listening.play(user, [submitted.play(self._archive, listen) for listen in given.payload])
        return {"status": "ok"}

    async def note_import(self, request: Request) -> Response:
        return await self._posted(request, self._note_import)

    def _note_import(self, user: str, body: bytes) -> Tree:
        at = _fields(body).get("ts")
        if not isinstance(at, int) or not 0 <= at < 2**53:
            raise _Refused(400, "ts: expected a second since 1970")
        self._listening.note_import(user, at)
        return {"status": "ok"}

    async def delete(self, request: Request) -> Response:
        return await self._posted(request, self._delete)

    def _delete(self, user: str, body: bytes) -> Tree:
        given = _fields(body)
        at, name = given.get("listened_at"), given.get("recording_msid")
        if not isinstance(at, int) or not isinstance(name, str) or not abs(at) < 2**53:
            raise _Refused(400, "expected listened_at, a second, and recording_msid")
        self._listening.forget_play(user, at, lambda said: submitted.msid(said) == name)
        return {"status": "ok"}

    # Read back ---------------------------------------------------------------------------------------------------

    def validate(self, request: Request) -> Response:
        def tell() -> Tree:
            found = self._users.by_token(_token(request))
            if found is None or found.person is None or not found.may(Role.LISTENER, Scope.SCROBBLE):
                return {"code": 200, "message": "Token invalid.", "valid": False}
            return {"code": 200, "message": "Token valid.", "valid": True, "user_name": found.person.name}

        return _answered(tell)

    def latest_import(self, request: Request) -> Response:
        def tell() -> Tree:
            user = self._own(request, request.query_params.get("user_name", ""))
            return {"musicbrainz_id": user, "latest_import": self._listening.imported(user)}

        return _answered(tell)

    def listens(self, request: Request) -> Response:
        def tell() -> Tree:
            user = self._own(request, request.path_params["name"])
            before, since = _second(request, "max_ts"), _second(request, "min_ts")
            count = min(_second(request, "count") or 25, _MOST_SHOWN)
            plays = self._listening.plays(user, count, before, since)
            first, last = self._listening.span(user)
            shown = [submitted.shown(play, user) for play in plays]
            return {
                "payload": {
                    "count": len(shown),
                    "listens": shown,
                    "latest_listen_ts": last,
                    "oldest_listen_ts": first,
                    "user_id": user,
                }
            }

        return _answered(tell)

    def count(self, request: Request) -> Response:
        def tell() -> Tree:
            user = self._own(request, request.path_params["name"])
            return {"payload": {"count": self._listening.count(user)}}

        return _answered(tell)

    def playing_now(self, request: Request) -> Response:
        def tell() -> Tree:
            user = self._own(request, request.path_params["name"])
            now = self._now.change(user.encode(), lambda kept: (kept, kept))
            shown = []
            if now:
                since, listen = msgspec.json.decode(now, type=tuple[float, Listen])
                if time.time() - since < _NOW:
                    shown = [{"playing_now": True, "track_metadata": submitted.kept(listen.track_metadata)}]
            return {"payload": {"count": len(shown), "listens": shown, "playing_now": True, "user_id": user}}

        return _answered(tell)

    def otherwise(self, request: Request) -> Response:
        def tell() -> Tree:
            raise _Refused(404, "This is not spoken here.")

        return _answered(tell)

    # What is kept ------------------------------------------------------------------------------------------------

    def kept(self, request: Request) -> Response:
        return _sent(200, self._listening.kept(_person(request)))

    async def choose(self, request: Request) -> Response:
        """A form: `keep` yes or no, `erase` plays or everything."""
        said = await forms.fields(request)
        who = visitor(request)
        if who.way in ("session", "key"):
            check_form(said, who.secret)
        return await run_in_threadpool(self._choose, _person(request), said)

    def _choose(self, user: str, said: dict[str, str]) -> Response:
        keep, erase = said.get("keep", ""), said.get("erase", "")
        if keep not in ("", "yes", "no") or erase not in ("", "plays", "everything") or not (keep or erase):
            detail = "Expected keep=yes or keep=no, erase=plays or erase=everything."
            raise Told(Problem(422, "This cannot be answered", detail))
        if erase == "everything":
            self._listening.forget(user)
        elif erase:
            self._listening.erase_plays(user)
        if keep:
            self._listening.keep(user, keep == "yes")
        return _sent(200, self._listening.kept(user))

    # Who asks ----------------------------------------------------------------------------------------------------

    async def _posted(self, request: Request, take: Callable[[str, bytes], Tree]) -> Response:
        read = bytearray()
        async for chunk in request.stream():
            read += chunk
            if len(read) > _LONGEST:
                return _sent(413, {"code": 413, "error": f"At most {_LONGEST} bytes are taken."})

        def tell() -> Tree:
            return take(self._user(request), bytes(read))

        return await run_in_threadpool(_answered, tell)

    def _own(self, request: Request, name: str) -> str:
        """The person whose token this is, where it is they who are asked about."""
        user = self._user(request)
        if name.casefold() != user.casefold():
            raise _Refused(403, "What somebody heard is told to themselves alone.")
        return user

    def _user(self, request: Request) -> str:
        found = self._users.by_token(_token(request))
        if found is None or found.person is None:
            raise _Refused(401, "Invalid authorization token.")
        if not found.may(Role.LISTENER, Scope.SCROBBLE):
            raise _Refused(403, "This token is not good for plays: it has no scope scrobble.")
        return found.person.name


def _person(request: Request) -> str:
    found = visitor(request).person
    if found is None or not found.name:
        raise Told(Problem(403, "Not allowed", "Plays are of a person with an account."))
    return found.name


def _token(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() in ("token", "bearer") else request.query_params.get("token", "")


def _second(request: Request, name: str) -> int | None:
    given = request.query_params.get(name, "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        raise _Refused(400, f"{name}: expected a whole number, got {text.plain(given)[:40]!r}")
    return int(given)


def _fields(body: bytes) -> Tree:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise _Refused(400, "expected a JSON object") from None


def _answered(tell: Callable[[], Tree]) -> Response:
    try:
        return _sent(200, tell())
    except _Refused as refusal:
        return _sent(refusal.status, {"code": refusal.status, "error": refusal.sentence})
    except OnrecordError as error:
        _log.error("%s", text.plain(str(error)))  # may name paths of this machine
        return _sent(503, {"code": 503, "error": "The archive cannot answer just now."})


def _sent(status: int, value: object) -> Response:
    headers = {"Cache-Control": "private, no-store"}
    return Response(msgspec.json.encode(value), status, headers, "application/json")
