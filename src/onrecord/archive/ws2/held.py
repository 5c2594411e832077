# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is held for the answers: named things and their index, kept records, page rows, and what is withdrawn."""

import datetime as dt
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from onrecord.archive.named import emptied
from onrecord.archive.naming import FILE
from onrecord.archive.reading import Reader
from onrecord.archive.ws2.records import Tree, kept
from onrecord.catalog.pages import ArtistBody, RecordingBody, ReleaseBody
from onrecord.engine.duck import Duck
from onrecord.search.entities import Entities, Entity
from onrecord.search.fields import FieldIndex

#: So many of an artist's recordings are browsed.
_LISTED: Final = 100_000
B = TypeVar("B", ArtistBody, ReleaseBody, RecordingBody)


class Held(Reader):
    """Reads from any number of threads; keeps what each needs, and what withdrawals hide."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._entities = Entities(folder / "search" / FILE)
        self._not_told: tuple[object, object, tuple[frozenset[str], set[str]]] | None = None

    def now(self) -> dt.datetime:
        return self._archive.clock()

    @property
    def entities(self) -> Entities:
        return self._entities

    @property
    def hidden(self) -> frozenset[str]:
        """Things that were withdrawn, and those of which all that they are known by was."""
        return self._withheld_now()[0]

    @property
    def hidden_ids(self) -> set[str]:
        """All ids of theirs, as answers name them."""
        return self._withheld_now()[1]

    def _withheld_now(self) -> tuple[frozenset[str], set[str]]:
        withheld, changes, held = self._withheld, self._entities.changes(), self._not_told
        if held is None or held[0] is not withheld or held[1] != changes:
            things = frozenset({*withheld.things, *emptied(self._entities, withheld.things)})
            held = self._not_told = withheld, changes, (things, self._entities.ids(things))
        return held[2]

    @property
    def index(self) -> FieldIndex | None:
        """None before the first match."""
        name = self._entities.fields()
        if not name:
            return None
        held: tuple[str, FieldIndex] | None = getattr(self._local, "fields", None)
        if held is None or held[0] != name:
            held = name, FieldIndex(self._folder / "search" / name)
            self._local.fields = held
        return held[1]

    def kept(self, entity: Entity) -> Tree:
        """What MusicBrainz itself said of it; nothing where that is not held."""
        duck: Duck | None = getattr(self._local, "duck", None)
        if duck is None:
            duck = Duck(self._folder / "search" / "spill", "256MB", threads=1)
            self._local.duck = duck
        return kept(self._archive, duck, entity)

    def artist_body(self, thing: str) -> ArtistBody | None:
        return self._body(thing, ArtistBody)

    def release_body(self, thing: str) -> ReleaseBody | None:
        return self._body(thing, ReleaseBody)

    def recording_body(self, thing: str) -> RecordingBody | None:
        return self._body(thing, RecordingBody)

    def _body(self, thing: str, shape: type[B]) -> B | None:
        row = self._rows.get(thing, _LISTED)
        return msgspec.json.decode(row.body, type=shape) if row is not None and row.body else None
