# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds works, labels and release groups, which have no rows: by an identifier, else by words, also with a mistake.

Releases that are groups by themselves are found by the rows of these.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from onrecord.errors import StoreFailed, UsageError
from onrecord.model import identifiers
from onrecord.model.filters import Filters
from onrecord.model.own_ids import GROUP, own_id
from onrecord.search.entities import TOP_STEP, Entities, Entity
from onrecord.search.fields import Asked, Code, FieldIndex, Term
from onrecord.search.finding import MODES, Finder
from onrecord.search.finishing import ENTITIES
from onrecord.search.fold import fold
from onrecord.search.rows import Named

#: What is found here; all else has rows.
KINDS: Final = ("release-group", "work", "label")
_FIELDS: Final = ("name", "others", "artist")
#: With fewer than this that fit as typed, mistakes are looked for.
_FEW: Final = 10
_MOST_TOKENS: Final = 16
#: Of more words none may have a mistake: they say enough, and each costs.
_MOST_MISTAKABLE: Final = 8
#: A beginning this short, alone, is that of half the words.
_SHORT: Final = 2
#: A listing asks for so many at a time, and looks at so many at most where a filter drops the others.
_PORTION, _MOST_LISTED = 100, 500
_RELEASES: Final = Filters(kinds=("release",))


class EntityFinder:
    """Searches what the last match made, for any number of threads."""

    def __init__(self, search: Path, finder: Finder) -> None:
        """`finder` finds what has rows."""
        self._search = search
        self.entities = Entities(search / ENTITIES)
        self._releases = finder
        self._opening = threading.Lock()
        self._index: tuple[str, FieldIndex] | None = None

    def called(self, query: str, kinds: Sequence[str]) -> list[Entity]:
        """What an MBID (or an id given in its place), an ISWC or a label code written with its LC names."""
        text = query.strip()
        found: list[Entity | None] = []
        if mbid := identifiers.mbid(text):
            found += [self.entities.find(kind, mbid) for kind in kinds]
        if "work" in kinds and (iswc := identifiers.iswc(text)):
            found += self._fitting("work", Code("iswc", iswc), _FEW)
        if "label" in kinds and text[:2].upper() == "LC" and (code := identifiers.label_code(text)):
            found += self._fitting("label", Code("code", code.removeprefix("LC").lstrip("0")), _FEW)
        return list(dict.fromkeys(entity for entity in found if entity is not None))

    def find(self, query: str, kind: str, k: int, near: bool = True) -> list[Entity]:
        """At most `k` of a kind whose names, or makers' names, have all of the words; the last may be a beginning. With
        `near` also such as have a mistake, where few others do."""
        tokens = fold(query)[:_MOST_TOKENS]
        if not tokens:
            return []
        text, alone = " ".join(tokens), len(tokens) == 1 and len(tokens[0]) <= _SHORT
        found = dict.fromkeys(self._fitting(kind, Term(_FIELDS, text, prefix=not alone), k))
        if kind == "release-group":
            releases = self._releases.find(query, _RELEASES, k, modes=MODES if near else MODES[:1])
            found |= dict.fromkeys(filter(None, map(self._group, releases)))
        if near and len(found) < min(_FEW, k) and len(tokens) <= _MOST_MISTAKABLE:
            found |= dict.fromkeys(self._fitting(kind, Term(_FIELDS, text, prefix=not alone, near=1), k))
        return list(found)[:k]

    def browse(
        self, kind: str, k: int, after: str, keep: Callable[[Entity], bool]
    ) -> tuple[list[Entity], str | None]:
        """At most `k` of a kind, the best known first, from behind one with the id `after` on, and the id behind which
        it goes on, None at the end. UsageError where nothing has that id."""
        before = self.entities.find(kind, after) if after else None
        if after and before is None:
            raise UsageError(
                f"no {kind} has the id {after}", "expected what the page of results before it gave as `after`"
            )
        found, place = list[Entity](), after
        for looked, entity in enumerate(self._listed(kind, before.thing if before else "")):
            if looked == _MOST_LISTED:
                return found, place
            if keep(entity):
                if len(found) == k:
                    return found, place
                found.append(entity)
            place = entity.id
        return found, None

    def _listed(self, kind: str, thing: str) -> Iterator[Entity]:
        """Groups by themselves come last, the best known release first."""
        if not thing.startswith(GROUP):
            yield from self._listed_in_file(kind, thing)
        if kind == "release-group":
            begun = thing.removeprefix(GROUP) if thing.startswith(GROUP) else ""
            for release in self._releases.listed(_RELEASES, begun):
                if (entity := self._group(release)) is not None:
                    yield entity

    def _group(self, release: Named) -> Entity | None:
        """The group that a release is by itself, None where it is in one. Of what has no name nothing is told."""
        if not release.title or not self.entities.is_alone(release.id):
            return None
        kind, thing = "release-group", GROUP + release.id
        return Entity(kind, own_id(kind, thing), thing, release.title)

    def _listed_in_file(self, kind: str, thing: str) -> Iterator[Entity]:
        for step in range(self.entities.step(kind, thing) if thing else TOP_STEP, -1, -1):
            while things := self.entities.listed(kind, step, thing, _PORTION):
                for thing in things:
                    if (entity := self.entities.of(kind, thing)) is not None:
                        yield entity
            thing = ""

    def _opened(self, name: str) -> FieldIndex:
        """One for all threads: each index that is open takes memory and threads of its own."""
        with self._opening:
            if self._index is None or self._index[0] != name:
                self._index = name, FieldIndex(self._search / name)
            return self._index[1]

    def _fitting(self, kind: str, asked: Asked, k: int) -> list[Entity]:
        for again in (True, False):
            name = self.entities.fields()
            if not name:
                return []
            try:
                _, hits = self._opened(name).search(kind, asked, k)
                found = (self.entities.of(kind, thing) for thing, _ in hits)
                return [entity for entity in found if entity is not None]
            except StoreFailed:
                # Between the two lines another index may have taken its place.
                self._index = None
                if not again or self.entities.fields() == name:
                    raise
        return []
