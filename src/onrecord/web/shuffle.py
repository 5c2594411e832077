# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a player asks for: recordings by chance (`/shuffle`), and which file of a recording may be heard."""

import base64
import re
from pathlib import Path
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Request
from msgspec import Struct
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onrecord.archive import Archive
from onrecord.archive.reading import open_reader
from onrecord.archive.shelves import shelves
from onrecord.archive.shuffling import shuffled
from onrecord.model.rights import Use
from onrecord.model.views import RecordingView, SoundView, TrackRow
from onrecord.web import described
from onrecord.web.hearing import Heard, hearable, sent
from onrecord.web.pages import known_id
from onrecord.web.problems import Problem, Told
from onrecord.web.render import Render
from onrecord.web.whereabouts import Whereabouts

_A_PAGE: Final = 20
_SHELF = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")


class Playable(Struct, frozen=True):
    """A recording and its file that may be heard where the listener is, today. `address` is where the sound is; `peaks`
    are for drawing, in base64, the largest sample of each part of its length, 255 at full scale."""

    id: str
    title: str
    artist: str
    seconds: float
    address: str
    peaks: str


class Drawn(Struct, frozen=True):
    """Recordings by chance, each as likely as any other that may be heard here."""

    recordings: list[Playable]


SCHEMAS: Final = (Drawn, Playable)
_WRONG: Final[described.Answers] = {
    404: described.problem("Nothing has this id, or nothing of it may be heard."),
    422: described.problem("A parameter is not understood."),
    451: described.problem("Withdrawn."),
}


class Shuffle:
    """Chance, over one archive."""

    def __init__(self, folder: Path, render: Render, where: Whereabouts) -> None:
        self._folder = folder
        self._reader = open_reader(folder)
        self._page = render.page
        self._where = where

    def routes(self) -> list[BaseRoute]:
        return [Route("/shuffle", self.page)]

    def api(self) -> APIRouter:
        """Both questions, as programs ask them; documented like the rest of the interface."""
        router = APIRouter(default_response_class=Response)
        for path, function, kind in (
            ("/api/shuffle", self.drawn, Drawn),
            ("/api/recording/{id}/sound", self.playable, Playable),
        ):
            answers: described.Answers = {200: described.answer(kind, kind.__doc__ or ""), **_WRONG}
            described.both(router, path, function, answers)
        return router

    def page(self, request: Request) -> Response:
        shelf = request.query_params.get("shelf", "")
        shelves = self._shelves()
        if shelf and shelf not in shelves:
            detail = "No edition that is given out here has such a shelf. It may have been mistyped."
            raise Told(Problem(404, "No such shelf", detail))
        values = {
            "rows": [
                _row(view, sound) for view, sound in self._draw(_A_PAGE, self._where.of(request), shelf)
            ],
            "shelves": shelves,
            "shelf": shelf,
        }
        headers = {**self._where.headers, "Cache-Control": "no-store"}
        return self._page("shuffle.html", request, values, headers=headers)

    def drawn(
        self,
        request: Request,
        limit: Annotated[int, Query(ge=1, le=100)] = _A_PAGE,
        shelf: Annotated[
            str, Query(max_length=80, description="Files of volumes of this shelf alone: `cc-by-4-0`.")
        ] = "",
    ) -> Response:
        """Recordings by chance, all as likely, of those that may be heard where the listener is. Fewer than `limit`
        where there are no more, or where nearly nothing that is kept may be heard."""
        found = self._draw(limit, self._where.of(request), shelf)
        return self._answer(Drawn([_playable(view, sent(sound)) for view, sound in found]))

    def playable(self, request: Request, id: str) -> Response:
        """Which file of a recording a player should play. 404 where none may be heard where the listener is."""
        view, territory = self._reader.recording(known_id(id)), self._where.of(request)
        heard = hearable(self._reader, view.sounds, territory, Use.STREAM)
        if heard is None:
            detail = "Nothing of this recording may be heard here. Its page says why."
            raise Told(Problem(404, "Not played here", detail))
        return self._answer(_playable(view, heard))

    def ids(self, limit: int, territory: str) -> list[str]:
        """Ids of recordings, as `/shuffle` draws them."""
        return [view.id for view, _ in self._draw(limit, territory, "")]

    def _draw(self, limit: int, territory: str, shelf: str) -> list[tuple[RecordingView, SoundView]]:
        if shelf and not _SHELF.fullmatch(shelf):
            return []
        with Archive.open(self._folder) as archive:
            return shuffled(archive, self._reader, limit, territory, shelf)

    def _shelves(self) -> list[str]:
        """Of the newest editions."""
        with Archive.open(self._folder) as archive:
            return shelves(archive)

    def _answer(self, value: Struct) -> Response:
        headers = {**self._where.headers, "Cache-Control": "no-store"}
        return Response(msgspec.json.encode(value), 200, headers, "application/json")


def _playable(view: RecordingView, heard: Heard) -> Playable:
    return Playable(
        id=view.id,
        title=view.title,
        artist=view.artist,
        seconds=heard.sound.seconds,
        address=heard.path,
        peaks=base64.b64encode(heard.sound.peaks).decode(),
    )


def _row(view: RecordingView, sound: SoundView) -> TrackRow:
    return TrackRow(
        id=view.id,
        title=view.title,
        artist=view.artist,
        artist_id=view.artist_id,
        seconds=sound.seconds,
        has_sound=True,
    )
