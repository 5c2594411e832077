# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/picture/{digest}`: the one door through which pictures leave by the web, made small and written anew.

It asks the rights each time. The bytes as they came never leave.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onrecord.errors import NotFound
from onrecord.model import identifiers
from onrecord.model.sound import Fault
from onrecord.web import ranges
from onrecord.web.making import InWorkers, Making, whole
from onrecord.web.memory import Memory
from onrecord.web.picture_address import SIZES
from onrecord.web.problems import Denied
from onrecord.web.reader import Reader
from onrecord.web.sound import withdrawn
from onrecord.web.whereabouts import Whereabouts

MEDIA_TYPE: Final = "image/jpeg"
#: Bytes of small pictures that stay.
_ROOM: Final = 256 << 20


class Job(Struct, frozen=True):
    source: Path
    target: Path
    side: int


def make_small(job: Job) -> Fault | None:
    """Runs in a worker."""
    from onrecord.audio.scaling import small_picture

    return whole(job.target, lambda descriptor: small_picture(job.source, descriptor, job.side))


class Pictures:
    """The pictures of one archive. `make` makes one small; by itself that is `make_small`, in a worker."""

    def __init__(
        self,
        archive: Reader,
        where: Whereabouts,
        memory: Memory,
        make: Callable[[Job], Fault | None] | None = None,
    ) -> None:
        self._archive = archive
        self._where = where
        self._making = Making("pictures", _ROOM, 1, make or InWorkers(1, make_small), memory)

    def routes(self) -> list[BaseRoute]:
        return [Route("/picture/{digest}", self.picture), Route("/rights/picture/{digest}", self.review)]

    def picture(self, request: Request) -> Response:
        """`?size=256` or `600`, which it is where nothing is said."""
        digest, asked = request.path_params["digest"], request.query_params.get("size", str(SIZES[-1]))
        if asked not in map(str, SIZES):
            raise NotFound(f"pictures are shown in the sizes {' and '.join(map(str, SIZES))}")
        return self.send(request, digest, int(asked), self._where.of(request), self._where.headers)

    def review(self, request: Request) -> Response:
        """A picture as somebody sees it who has to rule on it; who that is was settled before (`access.guard`)."""
        digest = _known(request.path_params["digest"])
        decision = self._archive.picture(digest, "unknown")
        if withdrawn(decision):
            raise Denied(451, decision)
        return self._sent(request, digest, SIZES[-1], {"Cache-Control": "private, no-store"})

    def send(
        self, request: Request, digest: str, side: int, territory: str, vary: Mapping[str, str]
    ) -> Response:
        """A picture, if today's decision on it allows it in `territory`. Raises `Denied`, `NotFound`,
        `IntegrityError`."""
        decision = self._archive.picture(_known(digest), territory)
        if not decision.allow:
            if withdrawn(decision):
                for each in SIZES:
                    self._making.drop(_name(digest, each))
                raise Denied(451, decision)
            raise Denied(403, decision)
        # A browser may keep the bytes, but asks before it shows them again: the answer may have become no.
        return self._sent(request, digest, side, {**vary, "Cache-Control": "private, no-cache, no-transform"})

    def _sent(self, request: Request, digest: str, side: int, headers: Mapping[str, str]) -> Response:
        name = _name(digest, side)
        made = self._making.get(name, lambda target: Job(self._archive.picture_file(digest), target, side))
        if made is None:
            raise NotFound("this picture cannot be shown: it cannot be read, or too many are asked for")
        return ranges.answer(request, made, {**headers, "ETag": f'"{name}"'}, MEDIA_TYPE)


def _name(digest: str, side: int) -> str:
    return f"{digest}-{side}.jpg"


def _known(digest: str) -> str:
    if identifiers.sha256(digest) != digest:
        raise NotFound("a picture is named by 64 lower-case hexadecimal digits")
    return digest
