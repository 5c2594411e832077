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
from onrecord.model.identifiers import mbid
from onrecord.search import row_search
from onrecord.search.entities import PAGED, Entities, Entity
from onrecord.search.fields import THING, Asked, Code, FieldIndex, Group
from onrecord.search.row_search import RowSearch

#: The field by which each kind without rows is found by its own id.
_OWN: Final = {"release-group": "rgid", "work": "wid", "label": "laid"}
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

    def fitting(
        self, kind: str, asked: Asked, limit: int, offset: int
    ) -> tuple[int, float, list[tuple[str, float]]]:
        """How many fit, how well the best, and (thing, score) of those from `offset` on; nothing before the first
        match."""
        end, count, found = offset + limit, 0, list[tuple[str, float]]()
        index = self._index
        if index is not None and kind in row_search.KINDS:
            with self._rows.reading() as rows:
                if rows.made:
                    searching = RowSearch(rows, self._folder / "search", self._entities)
                    count, found = searching.search(kind, asked, end, 0, self.hidden)
        if index is not None and kind not in PAGED:
            more, named = index.search(kind, self._as_called_here(kind, asked), end, 0, self.hidden)
            count, found = count + more, sorted([*found, *named], key=lambda hit: -hit[1])[:end]
        return count, found[0][1] if found else 0.0, found[offset:]

    def _as_called_here(self, kind: str, asked: Asked) -> Asked:
        """The same with things in place of the ids of their own."""
        if isinstance(asked, Group):
            return Group(tuple((how, self._as_called_here(kind, part)) for how, part in asked.parts))
        if isinstance(asked, Code) and asked.field == _OWN[kind]:
            entity = self._entities.find(kind, asked.value) if mbid(asked.value) else None
            return Code(THING, entity.thing) if entity else Group(())
        return asked

    @property
    def _index(self) -> FieldIndex | None:
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
