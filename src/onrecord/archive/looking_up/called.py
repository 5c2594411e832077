# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Works, labels and release groups that a row may mean: by an identifier, else by their names.

They are looked for where such a kind is wanted; by a bare identifier also where none is.
"""

from collections.abc import Iterator, Sequence

import msgspec

from onrecord.archive.looking_up.answers import Match
from onrecord.archive.looking_up.asked import LABEL_CODE, OWN, Asked
from onrecord.archive.looking_up.titles import base
from onrecord.archive.looking_up.weighing import LEAST, Candidate, weigh
from onrecord.archive.named import NamedThings
from onrecord.model.filters import Filters
from onrecord.model.own_ids import own_id
from onrecord.model.views import Hit
from onrecord.search.entity_finding import KINDS

#: What names find of one kind, and from where on a match is so good that they are not searched for in looser ways.
_FOUND, _GOOD = 25, 0.8


def called(things: NamedThings, asked: Asked, filters: Filters) -> Iterator[Match]:
    """Each once, in no order."""
    for kind in _kinds(asked, filters):
        of_kind = msgspec.structs.replace(asked, of=kind)
        found = {hit.id: _match(of_kind, hit, schemes) for hit, schemes in _bearers(things, of_kind, filters)}
        for query in _queries(of_kind) if kind in filters.kinds else ():
            if any(match.confidence >= _GOOD for match in found.values()):
                break
            for item in things.find(query, (kind,), _FOUND, filters):
                found.setdefault(item.hit.id, _match(of_kind, item.hit, ()))
        yield from (match for match in found.values() if match.confidence >= LEAST)


def _kinds(asked: Asked, filters: Filters) -> Sequence[str]:
    bare = asked.codes and not asked.kind
    return [kind for kind in KINDS if kind in filters.kinds or (bare and not filters.kinds)]


def _bearers(things: NamedThings, asked: Asked, filters: Filters) -> list[tuple[Hit, list[str]]]:
    codes = [(scheme, own_id(asked.of, value) if scheme == OWN else value) for scheme, value in asked.codes]
    if asked.of == "label":
        codes.append((LABEL_CODE, asked.words))
    hits: dict[str, tuple[Hit, list[str]]] = {}
    for scheme, value in codes:
        for hit in things.called(value, (asked.of,), filters) if value else ():
            schemes = hits.setdefault(hit.id, (hit, []))[1]
            if scheme not in schemes:
                schemes.append(scheme)
    return list(hits.values())


def _queries(asked: Asked) -> list[str]:
    """The name with its maker, then alone: of a work the maker is who wrote it, and rows name who performs it."""
    queries = [f"{asked.name} {asked.artist}", asked.name, base(asked.name)] if asked.name else [asked.words]
    return [query for query in dict.fromkeys(query.strip() for query in queries) if query]


def _match(asked: Asked, hit: Hit, equal: Sequence[str]) -> Match:
    candidate = Candidate(hit.kind, (hit.title,), (hit.subtitle,) if hit.subtitle else ())
    weighed = weigh(asked, candidate, equal)
    return Match(
        kind=hit.kind,
        id=hit.id,
        title=hit.title,
        subtitle=hit.subtitle,
        has_sound=hit.has_sound,
        confidence=weighed.confidence,
        reasons=weighed.reasons,
    )
