# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/exchange`: what holders of the same volumes ask each other: bytes, leaf hashes, and proof of possession.

Whatever leaves here enters a mirror, so each request asks the rights for `share`.
"""

import base64
import binascii
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onrecord.archive import Archive
from onrecord.archive.possession import MOST_ONLINE, respond
from onrecord.errors import NotFound, SourceRefused
from onrecord.mirror.possession import read_challenge
from onrecord.model.digests import PIECE
from onrecord.model.merkle import leaves
from onrecord.model.rights import Use
from onrecord.web import sound
from onrecord.web.memory import Memory
from onrecord.web.problems import Denied, Problem, Told
from onrecord.web.reader import Reader

#: What is shared has no borders.
_WORLD: Final = "Worldwide"
#: Questions that make this machine read much, answered at one time.
_AT_ONCE: Final = 2
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


class Exchange:
    """The exchange of one archive."""

    def __init__(self, folder: Path, archive: Reader, memory: Memory) -> None:
        self._folder = folder
        self._archive = archive
        self._busy = memory.few("exchange", _AT_ONCE)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/exchange/possession", self.possession),
            Route("/exchange/{sha256}", self.blob),
            Route("/exchange/{sha256}/leaves/{piece}", self.leaves),
        ]

    def blob(self, request: Request) -> Response:
        """The bytes of a shared sound, or the ranges that are asked for."""
        return sound.send(self._archive, request, request.path_params["sha256"], _WORLD, use=Use.SHARE)

    def leaves(self, request: Request) -> Response:
        """SHA-256 of each 16 KiB block of one piece, 32 bytes each, as the file is now."""
        sha256, piece = request.path_params["sha256"], request.path_params["piece"]
        path, _ = self._shared(sha256)
        at = int(piece) * PIECE if _NUMBER.fullmatch(piece) else -1
        if not 0 <= at < path.stat().st_size:
            raise NotFound(f"{sha256} has no piece {piece[:20]!r}")
        with self._one_of_few():
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                found = leaves(os.pread(fd, PIECE, at))
            finally:
                os.close(fd)
        return Response(b"".join(found), media_type="application/octet-stream", headers=_FRESH)

    def possession(self, request: Request) -> Response:
        """The signed answer to a challenge (base64 of its JSON, in the query)."""
        try:
            content = base64.urlsafe_b64decode(request.query_params.get("challenge", ""))
            asked = read_challenge(content)
        except (binascii.Error, ValueError):
            raise _told(400, "This cannot be understood", "The challenge is not base64.") from None
        except SourceRefused as refused:
            raise _told(400, "This cannot be understood", refused.message) from None
        if max(asked.blocks, len(asked.volumes)) > MOST_ONLINE:
            detail = f"{asked.blocks} blocks of {len(asked.volumes)} volumes, expected at most {MOST_ONLINE} online."
            raise _told(413, "Too many blocks", detail)
        with self._one_of_few(), Archive.open(self._folder) as archive:
            try:
                body = respond(archive, asked)
            except SourceRefused as refused:
                raise _told(404, "Not here", refused.message) from None
        return Response(body, media_type="application/json", headers=_FRESH)

    def _shared(self, sha256: str) -> tuple[Path, str]:
        decision = self._archive.may(sha256, Use.SHARE, _WORLD)
        if not decision.allow:
            raise Denied(451 if sound.withdrawn(decision) else 403, decision)
        return self._archive.sound(sha256)

    @contextmanager
    def _one_of_few(self) -> Iterator[None]:
        if not self._busy.acquire(timeout=20):
            raise _told(503, "Busy", "Others are being answered; ask again in a minute.")
        try:
            yield
        finally:
            self._busy.release()


def _told(status: int, title: str, detail: str) -> Told:
    headers = {"Retry-After": "60"} if status == 503 else {}
    return Told(Problem(status, title, detail), headers)


_FRESH: Final = {"Cache-Control": "no-store"}
