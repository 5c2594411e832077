# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/holders`: who has shown that they hold what, for people and (`/holders.json`) for programs.

Holders are pseudonymous keys, with a country where they wanted it known; addresses are never kept.
"""

import threading
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct, structs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onrecord.archive import Archive
from onrecord.archive.possession import Health, health
from onrecord.archive.swarm import SwarmDay, history
from onrecord.ledger import Possession
from onrecord.web.render import Render

NOTE: Final = (
    "A proof shows that somebody could read the blocks that were asked for, on that day. It shows neither a disk of "
    "its own, nor that the bytes are there today: two holders may share one disk."
)
#: Volumes on the page, and proofs in the history: the newest, where there are more.
_MOST_VOLUMES: Final = 1_000
_MOST_PROOFS: Final = 10_000
_MOST_DAYS: Final = 10_000


class Held(Struct, frozen=True):
    """`volumes` are those of the newest editions, held least first; `history` has every proof, oldest first; `swarm`
    who seeded what, day by day, as far as it was counted."""

    note: str
    volumes: tuple[Health, ...]
    history: tuple[Possession, ...]
    swarm: tuple[SwarmDay, ...] = ()


class Holders:
    """The holders of one archive's volumes. Counted anew only when something was committed."""

    def __init__(self, folder: Path, render: Render) -> None:
        self._folder = folder
        self._page = render.page
        self._counting = threading.Lock()
        self._counted: tuple[int, Held] | None = None

    def routes(self) -> list[BaseRoute]:
        return [Route("/holders", self.page), Route("/holders.json", self.json)]

    def page(self, request: Request) -> Response:
        held = self._held()
        values = {"held": held, "volumes": held.volumes[:_MOST_VOLUMES]}
        return self._page("holders.html", request, values)

    def json(self, request: Request) -> Response:
        headers = {"Cache-Control": "no-cache"}
        with Archive.open(self._folder) as archive:
            days = tuple(history(archive, _MOST_DAYS))
        held = structs.replace(self._held(), swarm=days)
        return Response(msgspec.json.encode(held), 200, headers, "application/json")

    def _held(self) -> Held:
        with Archive.open(self._folder) as archive, self._counting:
            at = archive.ledger.seq
            if self._counted is None or self._counted[0] != at:
                proofs = archive.ledger.possessions()[-_MOST_PROOFS:]
                self._counted = at, Held(NOTE, tuple(health(archive)), tuple(proofs))
            return self._counted[1]
