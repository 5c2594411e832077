# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound of a song: as it is kept, as its access copy, or in another form; whichever, its length is true, so that
`estimateContentLength` changes nothing."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from onrecord.errors import IsWithdrawn, NotFound
from onrecord.model.rights import Use
from onrecord.model.views import RecordingView
from onrecord.web import ranges, signs, sound
from onrecord.web.hearing import hearable
from onrecord.web.problems import Denied
from onrecord.web.reader import Reader
from onrecord.web.subsonic.asking import Asked, Code, Fault
from onrecord.web.subsonic.transcoding import LONGEST, MEDIA_TYPES, Transcodes, named, wish_for


class Playing:
    """For one archive."""

    def __init__(self, archive: Reader, transcodes: Transcodes) -> None:
        self._archive = archive
        self._transcodes = transcodes

    def stream(self, request: Request, asked: Asked, territory: str, vary: Mapping[str, str]) -> Response:
        """The rights are asked here for the choice of the file, and at the door as it is sent."""
        view = self._view(asked.need("id"))
        heard = hearable(self._archive, view.sounds, territory, Use.STREAM)
        if heard is None:
            raise self._refused(view, Use.STREAM, territory)
        most, form = asked.number("maxBitRate", 0, 0, 10_000), asked.get("format").lower()
        start = asked.number("timeOffset", 0, 0, max(int(heard.sound.seconds) - 1, 0))
        sha256, copies = heard.sound.sha256, heard.sound.copies
        wish = wish_for(heard.sound, form, most, start)
        is_small = copies and copies[0][2] <= (most or copies[0][2])
        if wish and wish.form == "opus" and is_small and not start:
            return self._sent(request, sha256, territory, vary, copy=True)
        if wish and heard.sound.seconds <= LONGEST:
            source, _ = self._archive.sound(sha256)
            made = self._transcodes.get(sha256, source, wish, _tags(view, sha256))
            if made is not None:
                headers = {
                    "ETag": f'"{named(sha256, wish)}"',
                    **vary,
                    "Cache-Control": "private, no-cache, no-transform",
                    **signs.fields(self._archive.signals(sha256)),
                }
                return ranges.answer(request, made, headers, MEDIA_TYPES[wish.form])
        return self._sent(request, sha256, territory, vary)

    def download(self, request: Request, asked: Asked, territory: str, vary: Mapping[str, str]) -> Response:
        """The file as it is kept."""
        view = self._view(asked.need("id"))
        heard = hearable(self._archive, view.sounds, territory, Use.DOWNLOAD)
        if heard is None:
            raise self._refused(view, Use.DOWNLOAD, territory)
        return self._sent(request, heard.sound.sha256, territory, vary, download=True)

    def _sent(
        self,
        request: Request,
        sha256: str,
        territory: str,
        vary: Mapping[str, str],
        *,
        copy: bool = False,
        download: bool = False,
    ) -> Response:
        try:
            return sound.send(
                self._archive, request, sha256, territory, copy=copy, download=download, vary=vary
            )
        except Denied:
            raise Fault(Code.NOT_ALLOWED, "the rights on record do not allow it") from None

    def _refused(self, view: RecordingView, use: Use, territory: str) -> Fault:
        if not view.sounds:
            return Fault(Code.NOT_FOUND, "no sound is held of it")
        decision = self._archive.may(view.sounds[0].sha256, use, territory)
        if decision.allow:
            return Fault(Code.NOT_FOUND, "its file is damaged, and not played until it is repaired")
        codes = ", ".join(decision.codes)
        return Fault(Code.NOT_ALLOWED, f"the rights on record do not allow it ({codes})")

    def _view(self, id: str) -> RecordingView:
        try:
            return self._archive.recording(id)
        except (NotFound, IsWithdrawn):
            raise Fault(Code.NOT_FOUND, f"no song has the id {id[:80]}") from None


def _tags(view: RecordingView, sha256: str) -> dict[str, str]:
    tags = {
        "title": view.title,
        "artist": view.artist,
        "copyright": view.attribution,
        "SOURCE_SHA256": sha256,
    }
    return {name: text for name, text in tags.items() if text}
