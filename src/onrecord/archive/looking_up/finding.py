# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds what a row asks for: by identifiers in their index, else by names in the text index; each is then weighed."""

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.archive.looking_up import answers
from onrecord.archive.looking_up.answers import LookedUp, Match
from onrecord.archive.looking_up.asked import LABEL_CODE, OWN, Asked
from onrecord.archive.looking_up.called import called
from onrecord.archive.looking_up.titles import base
from onrecord.archive.looking_up.weighing import LEAST, Candidate, Weighed, agree, people, weigh
from onrecord.archive.reading import Reader
from onrecord.archive.searching import Holding, spelled
from onrecord.model.filters import EVERYTHING, Filters
from onrecord.search.codes import pack
from onrecord.search.entity_finding import KINDS as NAMED
from onrecord.search.facets import wanted
from onrecord.search.finding import MODES, WHOLE
from onrecord.search.rows import Named, Row
from onrecord.search.text import Mode

#: Matches of one row: by default, and at most.
MOST, LARGEST = 5, 20
#: Bearers of one identifier that are looked at, tracks of one release, and what words find.
_BEARERS, _TRACKS, _FOUND = 50, 500, 25
#: Letters of a word in which a mistake is found.
_LONG: Final = 4
#: From here a match is so good that names are not searched for, and from here not in looser ways.
_GOOD, _FAIR = 0.8, 0.6
#: Of the queries so many have the names as they were given. What they find exactly, and is as good as another version
#: of the piece, is not found better with mistakes in the words.
_EXACT, _SURE = 2, 0.5


class LookUp:
    """Answers from any number of threads, while another process may write. What is withdrawn is never an answer."""

    def __init__(self, folder: Path, filters: Filters = EVERYTHING) -> None:
        """`filters` narrow what may be an answer."""
        self._reader = _Reader(folder)
        self.filters = spelled(filters)

    def unknown(self) -> list[str]:
        """A sentence on each filter by which nothing can be found here."""
        return self._reader.unknown(self.filters)

    @property
    def archive(self) -> str:
        """The id of the archive that answers."""
        return self._reader.id

    def answer(self, asked: Asked, row: int, line: int, most: int = MOST) -> LookedUp:
        """`row` and `line` say where it was asked; at most so many matches."""
        if not asked.asks:
            return LookedUp(row, line, "wrong", (), asked.wrong)
        matches = self._reader.matches(asked, self.filters)[: min(most, LARGEST)]
        return LookedUp(row, line, answers.outcome(matches), tuple(matches), asked.wrong)


class _Reader(Reader):
    """Has what a look-up needs of an archive: its rows, and what withdrawals hide."""

    @property
    def id(self) -> str:
        return self._archive.id

    def matches(self, asked: Asked, filters: Filters) -> list[Match]:
        """Best first."""
        return _Search(self, asked, filters).matches()

    def holding(self, filters: Filters) -> Holding:
        return Holding(self._archive, self._withheld, self._rows, filters)

    def is_hidden(self, identifier: str) -> bool:
        return identifier in self._withheld.things

    def hides_claim(self, blob: str) -> bool:
        return blob in self._withheld.blobs

    def row(self, identifier: str) -> Row | None:
        return self._rows.get(identifier)

    def bearers(self, scheme: str, value: str) -> list[Named]:
        if scheme == OWN:
            return self._rows.of_ids([value])
        key = pack(scheme, value) if scheme != LABEL_CODE else None
        return self._rows.bearers(*key, _BEARERS) if key else []

    def called(self, asked: Asked, filters: Filters) -> Iterator[Match]:
        return called(self._named, asked, filters)

    def find(
        self,
        query: str,
        filters: Filters,
        keep: Callable[[Named], bool],
        modes: Sequence[Mode],
    ) -> list[Named]:
        return self._finder.find(query, filters, _FOUND, keep, modes)


class _Claim(Struct, frozen=True):
    title: str = ""
    name: str = ""
    sort_name: str = ""
    artist: str = ""
    release: str = ""
    duration_ms: int | None = None
    isrc: str = ""
    blob: str = ""


class _Listed(Struct, frozen=True):
    id: str
    title: str


class _Body(Struct, frozen=True):
    """As much of a page's body as is compared."""

    claims: tuple[_Claim, ...] = ()
    duration_ms: int | None = None
    releases: tuple[_Listed, ...] = ()
    tracks: tuple[_Listed, ...] = ()


_BODY: Final = msgspec.json.Decoder(_Body)


class _Search:
    """The search for one row."""

    def __init__(self, reader: _Reader, asked: Asked, filters: Filters) -> None:
        self._reader = reader
        self._asked = asked
        self._filters = filters
        self._facets = wanted(filters)
        self._holding = reader.holding(filters)
        self._matches: dict[str, Match] = {}

    def matches(self) -> list[Match]:
        if not self._filters.kinds or not set(self._filters.kinds) <= set(NAMED):
            self._weigh_rows()
        self._matches |= {match.id: match for match in self._reader.called(self._asked, self._filters)}
        return sorted(self._matches.values(), key=lambda it: (-it.confidence, not it.has_sound, it.id))

    def _weigh_rows(self) -> None:
        bearers = self._bearers()
        kind = self._asked.kind
        for row, schemes in bearers:
            if not kind or row.kind == kind:
                self._weigh(row, schemes)
        tracks = self._tracks(bearers) if kind == "recording" else {}
        for identifier, schemes in tracks.items():
            self._weigh_id(identifier, on=schemes)
        if not self._is_good():
            for item in self._by_names(kind):
                self._weigh_id(item, on=tracks.get(item, []))
        if not self._matches:
            # The names may be of another kind than what bears the identifier: it is told all the same.
            for row, schemes in bearers:
                self._weigh(row, schemes)

    def _bearers(self) -> list[tuple[Row, list[str]]]:
        """What bears an identifier that was asked for, with the schemes of those."""
        found: dict[str, list[str]] = {}
        for scheme, value in self._asked.codes:
            for item in self._reader.bearers(scheme, value):
                schemes = found.setdefault(item.id, [])
                if scheme not in schemes and self._facets.fit(item.facets) and self._keep(item):
                    schemes.append(scheme)
        rows = ((self._reader.row(identifier), schemes) for identifier, schemes in found.items() if schemes)
        return [(row, schemes) for row, schemes in rows if row is not None]

    def _tracks(self, bearers: list[tuple[Row, list[str]]]) -> dict[str, list[str]]:
        """Tracks with such a title on the releases that bear an identifier."""
        found: dict[str, list[str]] = {}
        for row, schemes in bearers:
            if row.kind == "release":
                for track in _BODY.decode(row.body).tracks[:_TRACKS]:
                    if agree(self._asked.title, track.title) and self._may_be_told(track.id):
                        found.setdefault(track.id, []).extend(schemes)
        return {identifier: list(dict.fromkeys(schemes)) for identifier, schemes in found.items()}

    def _by_names(self, kind: str) -> Iterator[str]:
        """Ids that the names find: as they were given, then by the piece's own name and whoever is named first."""
        asked = self._asked
        queries = [asked.words]
        if kind:
            name = {"recording": asked.title, "release": asked.release, "artist": ""}[kind]
            queries = [f"{name} {asked.artist}", *_looser(name, asked.artist)]
        kinds = (kind,) if kind else self._filters.kinds
        if kind and self._filters.kinds and kind not in self._filters.kinds:
            return
        filters = msgspec.structs.replace(self._filters, kinds=kinds)
        queries = [query for query in dict.fromkeys(query.strip() for query in queries) if query]
        by_codes = set(self._matches)
        # Most rows say what is said here: that is asked first, and costs a fraction of looking for mistakes.
        for query in queries[:_EXACT]:
            if self._is_good():
                return
            yield from self._ids(query, filters, WHOLE)
        if self._is_good(_SURE, but=by_codes):
            return
        for place, query in enumerate(queries):
            if not self._is_good(_GOOD if place < _EXACT else _FAIR):
                yield from self._ids(query, filters, MODES)

    def _ids(self, query: str, filters: Filters, modes: Sequence[Mode]) -> Iterator[str]:
        return (item.id for item in self._reader.find(query, filters, self._keep, modes))

    def _is_good(self, enough: float = _GOOD, but: Collection[str] = ()) -> bool:
        return any(match.confidence >= enough and match.id not in but for match in self._matches.values())

    def _keep(self, item: Named) -> bool:
        return not self._reader.is_hidden(item.id) and self._holding.fit(item.id)

    def _may_be_told(self, identifier: str) -> bool:
        named = self._reader.bearers(OWN, identifier)
        return any(self._facets.fit(item.facets) and self._keep(item) for item in named)

    def _weigh_id(self, identifier: str, on: list[str]) -> None:
        row = self._reader.row(identifier)
        if row is not None:
            self._weigh(row, [], on)

    def _weigh(self, row: Row, equal: list[str], on: list[str] | None = None) -> None:
        weighed = weigh(self._asked, self._candidate(row), equal, on or [])
        if weighed.confidence >= LEAST and row.id not in self._matches:
            self._matches[row.id] = _match(row, weighed)

    def _candidate(self, row: Row) -> Candidate:
        body = _BODY.decode(row.body)
        # Of sound that is withdrawn nothing is told, also where other sound of the recording is not.
        claims = [
            claim for claim in body.claims if not claim.blob or not self._reader.hides_claim(claim.blob)
        ]
        artists = [row.subtitle, *(claim.artist for claim in claims)]
        titles = [row.title, *(name for it in claims for name in (it.title, it.name, it.sort_name))]
        lengths = [body.duration_ms, *(claim.duration_ms for claim in claims)]
        seconds = [*(length / 1000 for length in lengths if length), *([row.seconds] if row.seconds else [])]
        releases = [*(it.title for it in body.releases), *(claim.release for claim in claims)]
        return Candidate(
            kind=row.kind,
            titles=_distinct(titles),
            artists=_distinct(artists),
            releases=_distinct(releases),
            seconds=tuple(dict.fromkeys(seconds)),
            isrcs={claim.isrc for claim in claims if claim.isrc},
        )


def _distinct(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def _looser(name: str, artist: str) -> list[str]:
    """The piece's own name with whoever is named first. Then, since the index bears no mistake in a short word and no
    space that is missing, the long words of it; then each of the two longest alone."""
    first = next(iter(people(artist)), "")
    own = base(name).split() if name else []
    queries = [f"{' '.join(own)} {first}"]
    if own and first:
        longest = sorted(own, key=len, reverse=True)[:2]
        queries += [
            f"{' '.join(words)} {first}" for words in ([it for it in own if len(it) >= _LONG], *zip(longest))
        ]
    return queries


def _match(row: Row, weighed: Weighed) -> Match:
    return Match(
        kind=row.kind,
        id=row.id,
        title=row.title,
        subtitle=row.subtitle,
        has_sound=row.has_sound,
        confidence=weighed.confidence,
        reasons=weighed.reasons,
    )
