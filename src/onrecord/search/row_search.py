# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks what has rows field by field: the text index and the identifiers say what may fit, the rows whether it does.

Of what may fit the likeliest hundreds are looked at. Where more may, the count is an estimate, unless the index alone
can tell; what no word and no identifier narrows is looked for among the best known, and decides nothing where it may
be there beside words that may.
"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import tantivy
from msgspec import Struct

from onrecord.model.identifiers import mbid
from onrecord.model.own_ids import GROUP
from onrecord.search import rows
from onrecord.search.bodies import facts
from onrecord.search.codes import pack
from onrecord.search.entities import PAGED, Entities
from onrecord.search.facets import Facets
from onrecord.search.field_documents import OWN, RowDocument, Weigher
from onrecord.search.fields import All, Asked, Between, Code, Group, Term
from onrecord.search.fold import fold
from onrecord.search.key_blocks import key_bytes
from onrecord.search.text import TextIndex

#: A release that nobody puts into a group is one by itself.
KINDS: Final = (*PAGED, "release-group")
#: So many of what may fit are looked at and put into order.
_LOOKED_AT: Final = 200
#: So many releases called by words are looked at for their recordings; and of any field, so many.
_CALLED: Final = 100
_CALLED_ANYHOW: Final = 10
#: So many things, known by number, are asked for beside words.
_BESIDE: Final = 200
_MOST_YEARS: Final = 120
_MOST_TOKENS: Final = 40
_MUST, _MAY = tantivy.Occur.Must, tantivy.Occur.Should
#: Where the words of a field lie in the index.
_WORDS: Final = {
    "artist": {"name": "name", "others": "beside"},
    "release": {"name": "name", "artist": "beside", "label": "beside", "releases": "name"},
    "release-group": {"name": "name", "artist": "beside", "releases": "name"},
    "recording": {"name": "name", "artist": "beside"},
}
#: Fields of words of which the index says all: nothing else lies where they do.
_TOLD: Final = {
    "artist": {"name"},
    "release": {"name", "releases"},
    "release-group": {"name", "releases", "artist"},
    "recording": {"name", "artist"},
}


class _Likely(Struct, frozen=True):
    """What may fit: these numbers, else what a query of the index finds, else everything; `exact`: all of it
    does."""

    numbers: tuple[int, ...] | None = None
    query: Any = None
    exact: bool = False


_NOTHING: Final = _Likely(numbers=(), exact=True)


class RowSearch:
    """One answer being looked for, by one thread, over an open file of rows and its text index."""

    def __init__(self, held: rows.Held, search: Path, entities: Entities) -> None:
        self._held, self._entities = held, entities
        self._index = TextIndex(search / held.made)

    def search(
        self, kind: str, asked: Asked, limit: int, offset: int, without: Collection[str]
    ) -> tuple[int, list[tuple[str, float]]]:
        """How many of a kind fit, and (thing, score) of the best from `offset` on; never one of those `without`."""
        likely = self._likely(kind, asked)
        of_kind = "release" if kind == "release-group" else kind
        facets = Facets(((f"kind={of_kind}",),))
        if likely.numbers is not None:
            total, first = len(likely.numbers), list(likely.numbers[:_LOOKED_AT])
        else:
            total, first = self._index.fitting(_query(likely), facets, _LOOKED_AT)
        weigher = Weigher(lambda token: self._index.bearing("name", token))
        found, fitting = list[tuple[str, float]](), 0
        for document in self._documents(kind, first):
            worth = weigher.weigh(asked, document)
            if worth is not None:
                fitting += 1
                if document.thing not in without:
                    found.append((document.thing, worth))
        found.sort(key=lambda item: (-item[1], item[0]))
        if total <= len(first):
            return len(found), found[offset : offset + limit]
        count = total - (fitting - len(found)) if likely.exact else total * len(found) // len(first)
        hits = found[offset : offset + limit]
        if likely.exact and len(hits) < limit:
            # Beyond those that were put into order, as the index has them.
            more = range(max(offset, len(found)) - len(found) + len(first), total)[: limit - len(hits)]
            hits += self._further(kind, likely, facets, more, found[-1][1] if found else 1.0, without)
        return max(count, len(found)), hits

    def _further(
        self,
        kind: str,
        likely: _Likely,
        facets: Facets,
        places: range,
        worth: float,
        without: Collection[str],
    ) -> list[tuple[str, float]]:
        if not places:
            return []
        if likely.numbers is not None:
            numbers: Sequence[int] = likely.numbers[places.start : places.stop]
        else:
            _, numbers = self._index.fitting(_query(likely), facets, len(places), places.start)
        things = (document.thing for document in self._documents(kind, numbers))
        return [(thing, worth) for thing in things if thing not in without]

    def _documents(self, kind: str, numbers: Iterable[int]) -> Iterable[RowDocument]:
        for number in numbers:
            row = self._held.row(number)
            if row is None or not row.title or row.kind != ("release" if kind == "release-group" else kind):
                continue
            document = RowDocument(kind, row, self._held, self._entities.linked)
            # A release that records put into a group is none by itself.
            if kind != "release-group" or self._entities.of(kind, document.thing) is not None:
                yield document

    # --- what may fit -------------------------------------------------------------------------------------------------

    def _likely(self, kind: str, asked: Asked) -> _Likely:
        if isinstance(asked, Term):
            return self._called(kind, asked)
        if isinstance(asked, Code):
            return self._coded(kind, asked)
        if isinstance(asked, Between):
            return self._years(asked.low, asked.high) if asked.field == "day" else _Likely()
        if isinstance(asked, All):
            return _Likely(exact=kind != "release-group")
        return self._grouped(kind, asked)

    def _grouped(self, kind: str, asked: Group) -> _Likely:
        if not asked.parts:
            return _NOTHING
        musts = [self._likely(kind, part) for how, part in asked.parts if how == "must"]
        mays = [self._likely(kind, part) for how, part in asked.parts if how == "may"]
        if musts:
            alone = len(asked.parts) == len(musts) == 1
            listed = [likely.numbers for likely in musts if likely.numbers is not None]
            if listed:
                return _Likely(numbers=min(listed, key=len), exact=alone and musts[0].exact)
            queries = [likely.query for likely in musts if likely.query is not None]
            exact = all(likely.exact for likely in musts) and all(how != "not" for how, _ in asked.parts)
            # What may be there as well decides which of them are looked at.
            wished = [likely.query for likely in mays if likely.query is not None]
            return _Likely(query=_all(queries, wished) if queries else None, exact=exact)
        if not mays or any(how == "may" and isinstance(part, All) for how, part in asked.parts):
            return _Likely()
        narrow = [likely for likely in mays if likely.numbers is not None or likely.query is not None]
        exact = len(narrow) == len(mays) == len(asked.parts) and all(likely.exact for likely in narrow)
        if not narrow:
            return _Likely(exact=exact)
        if all(likely.numbers is not None for likely in narrow):
            numbers = dict.fromkeys(number for likely in narrow for number in likely.numbers or ())
            return _Likely(numbers=tuple(numbers), exact=exact)
        beside = [number for likely in narrow for number in likely.numbers or ()]
        queries = [likely.query for likely in narrow if likely.query is not None]
        queries += [self._index.only(number) for number in beside[:_BESIDE]]
        return _Likely(query=_any(queries), exact=exact and len(beside) <= _BESIDE)

    def _called(self, kind: str, term: Term) -> _Likely:
        tokens = fold(term.text)[:_MOST_TOKENS]
        where = {_WORDS[kind][field] for field in term.fields if field in _WORDS[kind]}
        by_releases = kind == "recording" and "releases" in term.fields
        if not tokens or not (where or by_releases):
            return _NOTHING
        held = {field for field in term.fields if field in _WORDS[kind]}
        exact = not by_releases and held <= _TOLD[kind] and (len(tokens) == 1 or not term.phrase)
        query = self._words(where, tokens, term) if where else None
        if not by_releases:
            return _Likely(query=query, exact=exact)
        most = _CALLED if term.fields == ("releases",) else _CALLED_ANYHOW
        numbers = self._on_releases(tokens, term, most)
        if query is None:
            return _Likely(numbers=numbers)
        listed = [self._index.only(number) for number in numbers[:_BESIDE]]
        return _Likely(query=_any([query, *listed]))

    def _on_releases(self, tokens: Sequence[str], term: Term, most: int) -> tuple[int, ...]:
        """Recordings on releases that are called so."""
        query = self._words({"name"}, tokens, term)
        _, found = self._index.fitting(query, Facets((("kind=release",),)), most)
        releases = (self._held.row(number) for number in found)
        return tuple(
            dict.fromkeys(
                number
                for release in releases
                if release is not None and (not term.phrase or _holds(release.title, tokens))
                for number in facts(release)["recordings"]
            )
        )

    def _words(self, where: Collection[str], tokens: Sequence[str], term: Term) -> Any:
        schema, query = self._index.schema, tantivy.Query
        parts = []
        for place, token in enumerate(tokens):
            prefix = term.prefix and place == len(tokens) - 1
            near = min(term.near, 2) if len(token) > 2 else 0
            options = []
            for field in sorted(where):
                if prefix or near:
                    options.append(query.fuzzy_term_query(schema, field, token, distance=near, prefix=prefix))
                else:
                    options.append(query.term_query(schema, field, token))
            parts.append(_any(options))
        return _all(parts)

    def _years(self, low: int | None, high: int | None) -> _Likely:
        """Things of these years, which are numbers as yyyymmdd: looser than what was asked for."""
        if low is None or high is None or not 0 <= high // 10_000 - low // 10_000 < _MOST_YEARS:
            return _Likely()
        years = [f"year={year}" for year in range(low // 10_000, high // 10_000 + 1)]
        return _Likely(query=self._index.having(years))

    def _coded(self, kind: str, asked: Code) -> _Likely:
        field, value = asked.field, asked.value
        if field == OWN[kind]:
            entity = self._entities.find(kind, value) if mbid(value) else None
            return self._of_things(kind, [entity.thing] if entity else [])
        if kind == "artist":
            return _NOTHING
        if field == "date":
            year = int(value[:4]) * 10_000 if value[:4].isdecimal() else None
            return self._years(year, year) if year is not None else _NOTHING
        if field in ("isrc", "barcode"):
            return (
                self._bearing(field, value)
                if kind == ("recording" if field == "isrc" else "release")
                else _NOTHING
            )
        if field in ("arid", "reid", "rgid"):
            return self._belonging(kind, field, value)
        held = {"recording": ("tnum",), "release": ("country", "type", "primarytype")}
        return _Likely() if field in held.get(kind, ("type", "primarytype")) else _NOTHING

    def _bearing(self, scheme: str, value: str) -> _Likely:
        key = pack(scheme, value)
        return _Likely(numbers=tuple(self._held.numbers(key[0], key_bytes(key[1])))) if key else _NOTHING

    def _belonging(self, kind: str, field: str, value: str) -> _Likely:
        """What belongs to an artist, a release, a group with an MBID."""
        of = {own: name for name, own in OWN.items()}[field]
        entity = self._entities.find(of, value) if mbid(value) else None
        if entity is None or entity.id != value.lower():
            return _NOTHING
        if kind == "recording":
            row = self._held.row(self._held.number(entity.thing)) if of in ("artist", "release") else None
            return (
                _Likely(numbers=tuple(dict.fromkeys(facts(row)["recordings"])), exact=True)
                if row
                else _NOTHING
            )
        if kind == "release-group" and of == "release":
            return self._of_things(kind, self._entities.linked(entity.thing, kind))
        return self._of_things(kind, self._entities.linked(entity.thing, kind) if of != kind else [])

    def _of_things(self, kind: str, things: Iterable[str]) -> _Likely:
        """Those that have rows; groups with an MBID have none."""
        if kind == "release-group":
            things = [thing.removeprefix(GROUP) for thing in things if thing.startswith(GROUP)]
        numbers = (self._held.number(thing) for thing in things)
        return _Likely(numbers=tuple(number for number in numbers if number is not None), exact=True)


def _query(likely: _Likely) -> Any:
    return tantivy.Query.all_query() if likely.query is None else likely.query


def _all(parts: Sequence[Any], wished: Sequence[Any] = ()) -> Any:
    return tantivy.Query.boolean_query(
        [*((_MUST, part) for part in parts), *((_MAY, part) for part in wished)]
    )


def _any(parts: Sequence[Any]) -> Any:
    return (
        tantivy.Query.boolean_query([(_MAY, part) for part in parts])
        if parts
        else tantivy.Query.empty_query()
    )


def _holds(title: str, tokens: Sequence[str]) -> bool:
    return f" {' '.join(tokens)} " in f" {' '.join(fold(title))} "
