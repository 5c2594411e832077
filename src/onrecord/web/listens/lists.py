# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/listening/playlists`: a person's playlists, in from a file (M3U, XSPF, JSPF) and out again.

An entry is taken where it names a recording that is here: by its page or its sound, by MBID or ISRC, or by title and
artist where just one recording is called so. The others are told, and nothing stands in their place.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from onrecord.errors import IsWithdrawn, NotFound, RecordRejected, UsageError
from onrecord.model.views import RecordingView
from onrecord.search.fold import fold
from onrecord.sources import playlist_entries
from onrecord.sources.playlist_entries import Entry
from onrecord.web import text
from onrecord.web.access.roles import visitor
from onrecord.web.feeds import playlists
from onrecord.web.listens.keeping import MOST_ENTRIES, Listed, Listening
from onrecord.web.problems import Problem, Told
from onrecord.web.reader import Reader
from onrecord.web.whereabouts import Whereabouts

#: Bytes of a playlist that is brought in.
LONGEST: Final = 4 * 1024 * 1024
_PAGE: Final = re.compile(r"(?:https?://[^/\s]+)?/recording/([A-Za-z0-9]{1,80})")
_TYPES: Final = {name: media_type.partition(";")[0] for name, media_type in playlists.TYPES.items()}
#: Of what is called alike so many are looked at.
_ALIKE: Final = 20


class Missing(Struct, frozen=True):
    """An entry that names nothing here: its place in the file, from 1 on, and what it says."""

    place: int
    title: str
    artist: str


class Brought(Struct, frozen=True):
    """What became of a file: the playlist's id and name, how many entries it has, and those that are not here."""

    id: str
    name: str
    found: int
    missing: tuple[Missing, ...]


def bring_in(
    archive: Reader, listening: Listening, user: str, name: str, content: bytes, form: str
) -> Brought:
    """A new playlist of a person from a file of one of the forms. Raises UsageError where it cannot be read."""
    if form not in _TYPES:
        raise UsageError(f"{form[:20]!r}: expected a playlist as one of {', '.join(_TYPES)}")
    try:
        entries = playlist_entries.read(content, _TYPES[form])
    except RecordRejected as reason:
        raise UsageError(f"the playlist cannot be read: {reason.message}") from None
    if len(entries) > MOST_ENTRIES:
        raise UsageError(f"{len(entries)} entries: expected at most {MOST_ENTRIES} in a playlist")
    found: list[tuple[str, float]] = []
    missing: list[Missing] = []
    for place, entry in enumerate(entries, 1):
        view = _here(archive, entry)
        if view is not None:
            found.append((view.id, view.seconds))
        else:
            missing.append(
                Missing(place, text.plain(entry.title or entry.called()), text.plain(entry.artist))
            )
    made = listening.make_list(user, text.plain(name) or "Playlist", found)
    return Brought(made.id, made.name, len(found), tuple(missing))


def routes(archive: Reader, where: Whereabouts, listening: Listening) -> list[Route]:
    lists = _Lists(archive, where, listening)
    return [
        Route("/listening/playlists", lists.post, methods=["POST"]),
        Route("/listening/playlists/{name}", lists.get),
    ]


class _Lists:
    def __init__(self, archive: Reader, where: Whereabouts, listening: Listening) -> None:
        self._archive = archive
        self._where = where
        self._listening = listening

    async def post(self, request: Request) -> Response:
        """The file is the body; `name` in the address is what it is called, its ending is the form."""
        read = bytearray()
        async for chunk in request.stream():
            read += chunk
            if len(read) > LONGEST:
                raise Told(Problem(413, "Too long", f"At most {LONGEST:,} bytes are taken."))
        user = _person(request)
        return await run_in_threadpool(self._take, user, request.query_params.get("name", ""), bytes(read))

    def _take(self, user: str, name: str, content: bytes) -> Response:
        path = PurePosixPath(text.plain(name))
        try:
            made = bring_in(
                self._archive, self._listening, user, path.stem, content, path.suffix.lstrip(".").lower()
            )
        except UsageError as error:
            raise Told(Problem(422, "This cannot be answered", error.message)) from None
        headers = {"Cache-Control": "private, no-store", "Location": f"/listening/playlists/{made.id}.xspf"}
        return Response(msgspec.json.encode(made), 201, headers, "application/json")

    def get(self, request: Request) -> Response:
        name, _, form = request.path_params["name"].rpartition(".")
        if form not in playlists.TYPES:
            raise NotFound(f"expected a playlist as one of {', '.join(playlists.TYPES)}")
        listed = self._listening.listed(_person(request), name)
        base, territory = str(request.base_url), self._where.of(request)
        tracks = [
            playlists.track(self._archive, view, base, territory) for view in _views(self._archive, listed)
        ]
        body = playlists.written(form, listed.name, listed.user, "", tracks)
        headers = {
            "Cache-Control": "private, no-store",
            "Content-Disposition": f'attachment; filename="playlist.{form}"',
        }
        return Response(body, 200, headers, playlists.TYPES[form])


def _views(archive: Reader, listed: Listed) -> Iterator[RecordingView]:
    for id, _ in listed.entries:
        if (view := _seen(archive, id)) is not None:
            yield view


def _here(archive: Reader, entry: Entry) -> RecordingView | None:
    for address in (*entry.identifiers, *entry.locations):
        page = _PAGE.fullmatch(address)
        if page and (view := _seen(archive, page[1])) is not None:
            return view
    for code in filter(None, (entry.mbid(), entry.isrc())):
        for hit in archive.search(code, ("recording",), 1):
            return _seen(archive, hit.id)
    if not entry.title or not entry.artist:
        return None
    hits = archive.search(f"{entry.artist} {entry.title}"[:200], ("recording",), _ALIKE)
    called = (fold(entry.title), fold(entry.artist))
    same = [hit for hit in hits if (fold(hit.title), fold(hit.subtitle)) == called]
    heard = [hit for hit in same if hit.has_sound]
    chosen = heard or same
    return _seen(archive, chosen[0].id) if len(chosen) == 1 else None


def _seen(archive: Reader, id: str) -> RecordingView | None:
    try:
        return archive.recording(id)
    except (NotFound, IsWithdrawn):
        return None


def _person(request: Request) -> str:
    found = visitor(request).person
    if found is None or not found.name:
        raise Told(Problem(403, "Not allowed", "Playlists are of a person with an account."))
    return found.name
