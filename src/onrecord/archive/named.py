# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Works, labels and release groups as readers see them: found, listed, and with what belongs to them."""

from bisect import insort
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.archive.withheld import CODE, Withheld
from onrecord.catalog.pages import RecordingBody, ReleaseBody
from onrecord.errors import IsWithdrawn, NotFound, UsageError
from onrecord.model.filters import Filters
from onrecord.model.identifiers import mbid
from onrecord.model.languages import language
from onrecord.model.own_ids import own_id
from onrecord.model.views import ClaimView, Hit, Listing, NamedView, TrackRow, WorkView
from onrecord.search.entities import BELONGS, Entities, Entity
from onrecord.search.entity_finding import KINDS, EntityFinder
from onrecord.search.facets import LANGUAGE
from onrecord.search.fold import fold
from onrecord.search.popularity import popularity
from onrecord.search.ranking import highest, score
from onrecord.search.rows import Rows

#: So many of what belongs to a thing are shown.
_SHOWN: Final = 500
#: Of what belongs to a thing, so many are asked whether a filter fits.
_ASKED: Final = 50
#: Of what belongs to a thing, so many are counted.
_COUNTED: Final = 10_000
#: So many more than were asked for are weighed.
_MORE: Final = 20


def emptied(entities: Entities, withdrawn: Collection[str]) -> set[str]:
    """Works, labels and release groups of which all that they are known by is withdrawn."""
    near = {
        (kind, thing)
        for kind in BELONGS
        for gone in withdrawn
        for thing in entities.linked(gone, kind, _COUNTED)
    }
    return {thing for kind, thing in near if _are_gone(_belonging(entities, kind, thing), withdrawn)}


class Ranked(Struct, frozen=True):
    hit: Hit
    score: float


class NamedThings:
    """Answers one question, in one thread, with what withdrawals hide now."""

    def __init__(self, finder: EntityFinder, rows: Rows, withheld: Withheld) -> None:
        self._finder = finder
        self._entities = finder.entities
        self._rows = rows
        self._withheld = withheld
        self._called: dict[str, tuple[str, str] | None] = {}

    def called(self, query: str, kinds: Sequence[str], filters: Filters) -> list[Hit]:
        """What an identifier names."""
        found = self._finder.called(query, kinds)
        return [self._hit(entity, self._known_by(entity)) for entity in found if self._fits(entity, filters)]

    def find(
        self, query: str, kinds: Sequence[str], limit: int, filters: Filters, near: bool = True
    ) -> list[Ranked]:
        """What words name, each with what `search.ranking` says of it; with `near` also with a mistake."""
        if not _may_fit(filters):
            return []
        words, ranked = fold(query), list[Ranked]()
        with self._entities.together():
            for kind in kinds:
                found = self._finder.find(query, kind, limit + _MORE, near)
                ranked += self._best(
                    [entity for entity in found if self._fits(entity, filters)], words, limit
                )
        return sorted(ranked, key=lambda item: -item.score)[:limit]

    def _best(self, found: Sequence[Entity], words: Sequence[str], limit: int) -> list[Ranked]:
        """The best of these, in their order. Who made it is looked up of that alone which may be among them."""
        known = [self._known_by(entity) for entity in found]
        bounds = [
            highest(words, entity.name, popularity(counted))
            for entity, counted in zip(found, known, strict=True)
        ]
        ranked, scores = dict[int, Ranked](), list[float]()
        for place in sorted(range(len(found)), key=lambda place: -bounds[place]):
            if len(scores) >= limit and scores[-limit] > bounds[place]:
                break
            hit = self._hit(found[place], known[place])
            worth = score(words, hit.title, hit.subtitle, popularity(hit.known_by))
            ranked[place] = Ranked(hit, worth)
            insort(scores, worth)
        return [ranked[place] for place in sorted(ranked)]

    def browse(self, kinds: Sequence[str], limit: int, filters: Filters, after: str) -> Listing:
        """All of these kinds, one kind after another, of each the best known first, from behind the place `after` on:
        `<kind>.<id>`, or `<kind>.` before the first of a kind."""
        at, _, id = after.partition(".")
        if after and (at not in KINDS or (id and not (id := _uuid(id)))):
            raise UsageError(
                f"{after[:60]!r} is no place in a listing",
                "expected what the page of results before it gave as `after`",
            )
        hits: list[Hit] = []
        kinds = [kind for kind in KINDS if kind in kinds and _may_fit(filters)]
        for kind in [kind for kind in kinds if not at or KINDS.index(kind) >= KINDS.index(at)]:
            found, place = self._finder.browse(
                kind, limit - len(hits), id if kind == at else "", lambda entity: self._fits(entity, filters)
            )
            hits += [self._hit(entity, self._known_by(entity)) for entity in found]
            if place is not None:
                return Listing(hits=tuple(hits), after=f"{kind}.{place}")
        return Listing(hits=tuple(hits))

    def works(self, recordings: Iterable[str], limit: int) -> tuple[WorkView, ...]:
        """What these recordings are of, each once."""
        found = []
        for entity in self._entities.all_of("work", self._entities.linked_to(recordings, "work", limit)):
            if self._hidden(entity):
                continue
            said: dict[str, Any] = msgspec.json.decode(entity.body) if entity.body else {}
            facts = {name: str(said.get(name) or "") for name in ("composer", "lyricist", "iswc")}
            found.append(WorkView(id=entity.id, title=entity.name, mbid=_mbid(entity), **facts))
        return tuple(found)

    def around(self, release: str, kind: str) -> tuple[tuple[str, str], ...]:
        """(id, name) of the labels or the release groups of a release."""
        entities = self._entities.all_of(kind, self._entities.linked(release, kind, _ASKED))
        return tuple((entity.id, entity.name) for entity in entities if not self._hidden(entity))

    def view(self, kind: str, id: str, start: int = 0) -> NamedView:
        """With what belongs to it from `start` on. Raises NotFound, or IsWithdrawn where all of that is withdrawn."""
        # A canonical id, also one that was merged away, leads there by the UUID that stands for it.
        entity = self._entities.find(kind, _uuid(id) or own_id(kind, id)) if kind in KINDS else None
        if entity is None:
            raise NotFound(f"no {kind} has the id {id!r}")
        if day := self._hidden(entity):
            raise IsWithdrawn(day, CODE)
        said: dict[str, Any] = msgspec.json.decode(entity.body) if entity.body else {}
        artist = self._artist(entity)
        releases = [thing for thing in self._linked(entity, "release") if kind != "work"]
        recordings = self._linked(entity, "recording") if kind == "work" else []
        return NamedView(
            kind=kind,
            id=entity.id,
            name=entity.name,
            artist=artist[1],
            artist_id=artist[0],
            facts=tuple((name, str(said[name])) for name in _FACTS if said.get(name)),
            releases=tuple(self._releases(releases[start : start + _SHOWN])),
            recordings=tuple(self._recordings(recordings[start : start + _SHOWN])),
            more=(more := max(len(releases) + len(recordings) - start - _SHOWN, 0)),
            further=start + _SHOWN if more else 0,
            mbid=_mbid(entity),
            claims=tuple(_claims(kind, said)),
        )

    def _fits(self, entity: Entity, filters: Filters) -> bool:
        if self._hidden(entity) or not _may_fit(filters):
            return False
        if filters.languages and not self._is_in(entity, filters.languages):
            return False
        first, last = filters.years
        dated = first is not None or last is not None
        if dated and entity.kind != "release-group":
            return False
        if not dated and not filters.sources:
            return True
        rows = filter(None, map(self._rows.get, self._linked(entity, BELONGS[entity.kind])[:_ASKED]))
        bodies = [msgspec.json.decode(row.body, type=_Body) for row in rows]
        sources = {claim.source for body in bodies for claim in body.claims} | {entity.source}
        # Dated by its first release, as MusicBrainz dates a release group.
        year = min((int(body.date[:4]) for body in bodies if body.date[:4].isdecimal()), default=None)
        return (not filters.sources or not sources.isdisjoint(filters.sources)) and (
            not dated
            or (year is not None and (first is None or first <= year) and (last is None or year <= last))
        )

    def _is_in(self, entity: Entity, languages: Collection[str]) -> bool:
        """Is a work, or a release of a group, in one of these languages? A label is in none."""
        wanted = {code.casefold() for code in languages}
        if entity.kind == "work":
            said = msgspec.json.decode(entity.body) if entity.body else {}
            return language(str(said.get("language") or "")) in wanted
        if entity.kind == "label":
            return False
        rows = self._rows.of_ids(self._linked(entity, BELONGS[entity.kind])[:_ASKED])
        return any(f"{LANGUAGE}{code}" in row.facets for row in rows for code in wanted)

    def _hidden(self, entity: Entity) -> str:
        """The day on which the last of what it is known by was withdrawn, "" where something is left or nothing was
        there ever."""
        things = self._withheld.things
        if not things:
            return ""
        belonging = _belonging(self._entities, entity.kind, entity.thing)
        return max(things[thing] for thing in belonging) if _are_gone(belonging, things) else ""

    def _known_by(self, entity: Entity) -> dict[str, int]:
        count = len(self._linked(entity, BELONGS[entity.kind]))
        return {f"{BELONGS[entity.kind]}s": count} if count else {}

    def _hit(self, entity: Entity, known: dict[str, int]) -> Hit:
        return Hit(
            kind=entity.kind,
            id=entity.id,
            title=entity.name,
            subtitle=self._artist(entity)[1],
            known_by=known,
        )

    def _artist(self, entity: Entity) -> tuple[str, str]:
        """(id, name) of whoever made it; of a work its composer, where it is only told by name."""
        for thing in self._linked(entity, "artist"):
            if thing not in self._called:
                self._called[thing] = self._rows.title(thing)
            if (named := self._called[thing]) is not None:
                return named
        said = msgspec.json.decode(entity.body) if entity.body else {}
        return "", str(said.get("composer") or "")

    def _linked(self, entity: Entity, kind: str) -> list[str]:
        return [
            thing
            for thing in self._entities.linked(entity.thing, kind, _COUNTED)
            if thing not in self._withheld.things
        ]

    def _releases(self, things: Iterable[str]) -> list[tuple[str, str, str]]:
        found = []
        for thing in things:
            row = self._rows.get(thing)
            if row is not None and row.kind == "release":
                found.append((row.id, row.title, msgspec.json.decode(row.body, type=ReleaseBody).date))
        return sorted(found, key=lambda release: (release[2], release[1], release[0]))

    def _recordings(self, things: Iterable[str]) -> list[TrackRow]:
        found = []
        for thing in things:
            row = self._rows.get(thing)
            if row is not None and row.kind == "recording":
                body = msgspec.json.decode(row.body, type=RecordingBody)
                found.append(
                    TrackRow(
                        id=row.id,
                        title=body.title,
                        artist=body.artist,
                        artist_id=body.artist_id,
                        seconds=(body.duration_ms or 0) / 1000,
                        has_sound=row.has_sound,
                    )
                )
        return sorted(found, key=lambda track: (not track.has_sound, track.artist, track.title, track.id))


class _Claim(Struct, frozen=True):
    source: str


class _Body(Struct, frozen=True):
    claims: tuple[_Claim, ...]
    date: str = ""


#: The fields of claims on works and labels, as `named_things.sql` keeps them.
_CLAIMED: Final = {
    "work": ("title", "mbid", "iswc", "composer", "lyricist", "language", "kind"),
    "label": ("name", "mbid", "sort_name", "isni", "code", "country", "kind"),
}
#: What claims say of works and labels, in this order.
_FACTS: Final = ("kind", "iswc", "composer", "lyricist", "language", "code", "isni", "country")


def _belonging(entities: Entities, kind: str, thing: str) -> list[str]:
    return entities.linked(thing, BELONGS[kind], _COUNTED)


def _are_gone(belonging: Sequence[str], withdrawn: Collection[str]) -> bool:
    """Where nothing ever belonged to a thing, nothing was withdrawn of it."""
    return 0 < len(belonging) < _COUNTED and all(thing in withdrawn for thing in belonging)


def _may_fit(filters: Filters) -> bool:
    """These things have no sound, so that a filter of sound leaves none of them."""
    return not (filters.sound or filters.of_recordings)


def _claims(kind: str, said: Mapping[str, Any]) -> Iterator[ClaimView]:
    """Of what is kept of them; under which license a source speaks is not."""
    for source, id, reason, *values in said.get("claims") or ():
        unsaid = {**said, "mbid": id}
        fields = [
            (name, str((unsaid.get(name) if value is None else value) or ""))
            for name, value in zip(_CLAIMED[kind], values, strict=True)
        ]
        yield ClaimView(
            source=source,
            source_id=id,
            license="",
            fields=tuple((name, value) for name, value in fields if value),
            reason=reason,
        )


def _mbid(entity: Entity) -> str:
    """What MusicBrainz knows it by; "" where it has only the id that stands for one."""
    return "" if entity.id == own_id(entity.kind, entity.thing) else entity.id


def _uuid(id: str) -> str:
    return mbid(id) if len(id) == 36 else ""
