# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound of a song: as it is kept, as its access copy, or made smaller; whichever, its length is true."""

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
from onrecord.web.subsonic.transcoding import LONGEST, Transcodes, is_wanted, rate_of


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
        sha256, copies = heard.sound.sha256, heard.sound.copies
        smaller = is_wanted(heard.sound, form, most)
        if smaller and copies and copies[0][2] <= (most or copies[0][2]):
            return self._sent(request, sha256, territory, vary, copy=True)
        if smaller and heard.sound.seconds <= LONGEST:
            rate = rate_of(most)
            tags = {"title": view.title, "artist": view.artist, "SOURCE_SHA256": sha256}
            if view.attribution:
                tags["copyright"] = view.attribution
            source, _ = self._archive.sound(sha256)
            made = self._transcodes.get(
                sha256, source, rate, {name: text for name, text in tags.items() if text}
            )
            if made is not None:
                headers = {
                    "ETag": f'"{sha256}-opus-{rate}"',
                    **vary,
                    "Cache-Control": "private, no-cache, no-transform",
                    **signs.fields(self._archive.signals(sha256)),
                }
                return ranges.answer(request, made, headers, "audio/ogg")
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
