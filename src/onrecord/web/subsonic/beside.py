# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Covers and words, as far as there is evidence that they may be shown."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from onrecord.errors import IsWithdrawn, NotFound
from onrecord.model import identifiers
from onrecord.model.filters import Filters
from onrecord.model.lyrics import Lyrics
from onrecord.model.views import RecordingView
from onrecord.web.pages import known_id, question
from onrecord.web.picture_address import SIZES
from onrecord.web.pictures import Pictures
from onrecord.web.problems import Denied
from onrecord.web.reader import Reader
from onrecord.web.subsonic.asking import Asked, Code, Fault

Tree = dict[str, Any]
#: Songs of one name that are looked at for words; recordings of a release or an artist for a cover.
_LOOKED_AT = 12


class Beside:
    """For one archive."""

    def __init__(self, archive: Reader, pictures: Pictures) -> None:
        self._archive = archive
        self._pictures = pictures

    def cover_art(self, request: Request, asked: Asked, territory: str, vary: Mapping[str, str]) -> Response:
        """By the id that songs and albums name, or by that of a song, an album, an artist."""
        id, size = asked.need("id"), asked.number("size", SIZES[-1], 1)
        picture = identifiers.sha256(id) or self._front(id, territory)
        side = next((side for side in SIZES if side >= size), SIZES[-1])
        try:
            if picture:
                return self._pictures.send(request, picture, side, territory, vary)
        except (Denied, NotFound):
            pass
        raise Fault(Code.NOT_FOUND, f"no picture that may be shown belongs to {id[:80]}")

    def methods(self, territory: str) -> Mapping[str, Callable[[Asked], Tree]]:
        return {
            "getLyrics": lambda asked: self._lyrics(asked, territory),
            "getLyricsBySongId": lambda asked: self._lyrics_by_id(asked, territory),
        }

    def _front(self, id: str, territory: str) -> str:
        cover = self._archive.cover(self._recordings(id), territory)
        return cover.picture if cover else ""

    def _recordings(self, id: str) -> list[str]:
        for read in (self._archive.recording, self._archive.release, self._archive.artist):
            try:
                view: Any = read(known_id(id))
            except (NotFound, IsWithdrawn):
                continue
            if isinstance(view, RecordingView):
                return [view.id]
            rows = view.tracks if hasattr(view, "tracks") else view.recordings
            return [row.id for row in rows if row.has_sound][:_LOOKED_AT]
        return []

    def _lyrics(self, asked: Asked, territory: str) -> Tree:
        """By name, as players of the old kind ask."""
        artist, title = question(asked.get("artist")), question(asked.get("title"))
        if not title:
            return {"lyrics": {}}
        found = self._archive.search(f"{title} {artist}", ("recording",), _LOOKED_AT, Filters(sound=True))
        for hit in found:
            if hit.title.casefold() == title.casefold():
                for words in self._words(self._archive.recording(hit.id), territory):
                    text = "\n".join(line.text for line in words.lines)
                    named = {"artist": artist, "title": hit.title}
                    return {"lyrics": {**{name: it for name, it in named.items() if it}, "value": text}}
        return {"lyrics": {}}

    def _words(self, view: RecordingView, territory: str) -> tuple[Lyrics, ...]:
        return self._archive.lyrics([sound.sha256 for sound in view.sounds], territory)

    def _lyrics_by_id(self, asked: Asked, territory: str) -> Tree:
        id = asked.need("id")
        try:
            view = self._archive.recording(id)
        except (NotFound, IsWithdrawn):
            raise Fault(Code.NOT_FOUND, f"no song has the id {id[:80]}") from None
        words = self._words(view, territory)
        return {"lyricsList": {"structuredLyrics": [_structured(view, each) for each in words]}}


def _structured(view: RecordingView, words: Lyrics) -> Tree:
    lines = [
        {"start": round(line.start * 1000), "value": line.text}
        if line.start is not None
        else {"value": line.text}
        for line in words.lines
    ]
    named = {"displayArtist": view.artist, "displayTitle": view.title}
    told = {name: it for name, it in named.items() if it}
    return {**told, "lang": words.language or "und", "synced": words.synced, "line": lines}
