# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a block says of its rows, column by column: first what a search weighs and what an id is made of, then the rest,
and beside these the bytes that nothing makes smaller.

What follows from other columns is not said: facets from sources, date and length; names beside the title from the
subtitle and a label; an MBID from the id there. Ids there lie by source, since those of one source go on from each
other.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import msgspec

from onrecord.model.identifiers import mint
from onrecord.model.shown_fields import SHOWN
from onrecord.search import row_spelling as spelling
from onrecord.search.facets import SOUND, facets
from onrecord.search.row_columns import ALIKE, Reading, pack, pack_lists

if TYPE_CHECKING:
    from onrecord.search.stored_rows import Stored

#: Columns of the first part, behind ids and the fields that it has of claims.
(_KIND, _IDENT, _TITLE, _SUBTITLE, _BESIDE, _FACETS, _WEIGHT, _KNOWN) = _HEADS = range(8)
#: Columns of the second before its fields of claims: has it sound, how new, how long, codes.
_STATES: Final = 4
#: Fields of claims that the first part has, and how a field of a claim is spelled.
_DATE, _LENGTH = "date", "duration_ms"
_EARLY: Final = (_DATE, _LENGTH)
_SPELLED: Final = {_DATE: spelling.DATE, "isrc": spelling.ISRC, "barcode": spelling.BARCODE}
#: Which field may be as what lies beside the subtitle, and which as the id.
_AS_BESIDE: Final = {"release": "label", "artist": "sort_name"}
_AS_ID: Final = "mbid"
#: Which facts are lists of steps.
_STEPS: Final = {"artist": (0, 1), "release": (4,), "recording": (5,)}
#: Of them those that are in an order of their own, that of names.
_BY_NAME: Final = {"artist": (1,)}
#: What stands before the fields of a claim: its source and its id.
_SAID: Final = 2

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder()


def pack_block(rows: "Sequence[tuple[int, Stored]]", size: int) -> tuple[bytes, bytes]:
    """Rows with their places in a block of `size`, in their order: what is to be packed, and what lies beside that. Of
    a row whose facts are () the claims may be cut; none has more than 255 claims."""
    stored = [row for _, row in rows]
    kinds = {row.kind for row in stored}
    kind = stored[0].kind if len(kinds) == 1 else ""
    width, names, fields = _fields(kind, stored)
    packed = bytearray()
    sources, ids = _ids([claim for row in stored for claim in row.claims], packed)
    early = [(at, name) for name in _EARLY for at, other in enumerate(names) if other == name]
    dates = [[at, *_spelled(name, fields[at], packed)] for at, name in early]
    rests = [_rest(row.subtitle, row.beside) for row in stored]
    columns: Sequence[Sequence[Any]] = (
        [row.kind for row in stored],
        [row.ident for row in stored],
        [row.title for row in stored],
        [row.subtitle for row in stored],
        rests,
        _facets_kept(stored, names, fields),
        [row.weight for row in stored],
        [tuple([said for item in row.known.items() for said in item]) or None for row in stored],
    )
    heads = [pack(column, packed) for column in columns]
    places = size if len(rows) == size else [place for place, _ in rows]
    counts = bytes(len(row.claims) for row in stored)
    head = _ENCODER.encode((places, width, counts, sources, ids, dates, heads))
    states = zip(*((row.sound, row.newest, row.seconds, row.codes or None) for row in stored), strict=True)
    told = [pack(column, packed) for column in states]
    said = [
        [at, *_told(kind, name, fields[at], stored, rests, packed)]
        for at, name in enumerate(names)
        if name not in _EARLY
    ]
    tail = _ENCODER.encode((told, said, *_facts(kind, stored, packed)))
    return len(head).to_bytes(4, "big") + head + tail, bytes(packed)


class Block:
    """One block; its second part is read when that is asked for."""

    def __init__(self, payload: bytes, packed: bytes) -> None:
        end = 4 + int.from_bytes(payload[:4], "big")
        self._behind = memoryview(payload)[end:]
        told = _DECODER.decode(memoryview(payload)[4:end])
        places, self._width, self._counts, (self._sources, self._which), ids, dates, heads = told
        self.places: Sequence[int] = range(places) if isinstance(places, int) else places
        self._packed = packed
        self._ids = [(how, at) for at, (how, _) in enumerate(ids)]
        self._early = {column: (how, len(ids) + at) for at, (column, how, _) in enumerate(dates)}
        self._begin = len(ids) + len(dates)
        self._heads = Reading([*(each[-1] for each in (*ids, *dates)), *heads], packed)

    def head(self, offset: int) -> Sequence[Any] | None:
        """The values of a `Head`."""
        if offset not in self.places:
            return None
        at = self.places.index(offset)
        kind, ident, title, subtitle, beside, *rest = self._head(at)
        if not isinstance(ident, str):
            ident = mint(kind, *self._said(sum(self._counts[:at]) + ident))
        return kind, ident, title, subtitle, subtitle if beside is None else beside, *rest

    def id(self, offset: int) -> str | None:
        """The id of one, without what else is told of it."""
        if offset not in self.places:
            return None
        at = self.places.index(offset)
        ident = self._heads.value(self._begin + _IDENT, at)
        if isinstance(ident, str):
            return ident
        kind = self._heads.value(self._begin + _KIND, at)
        return mint(kind, *self._said(sum(self._counts[:at]) + ident))

    def ids(self) -> Sequence[str]:
        """The ids of all its rows."""
        claims = sum(self._counts)
        each = [
            iter(self._heads.values(where, 0, claims if self._which is None else self._which.count(group)))
            for group, (_, where) in enumerate(self._ids)
        ]
        which = self._which or bytes(claims)
        said = [
            (self._sources[group], spelling.read(self._ids[group][0], next(each[group]))) for group in which
        ]
        begins = accumulate(self._counts, initial=0)
        kinds, idents = (
            self._heads.values(self._begin + column, 0, len(self.places)) for column in (_KIND, _IDENT)
        )
        return [
            ident if isinstance(ident, str) else mint(kind, *said[begin + ident])
            for kind, ident, begin in zip(kinds, idents, begins, strict=False)
        ]

    def row(self, offset: int) -> Sequence[Any] | None:
        """The values of a `Stored`."""
        if offset not in self.places:
            return None
        at = self.places.index(offset)
        tail, _, first, long, together = self._tail
        begin = sum(self._counts[:at])
        end = begin + self._counts[at]
        head = self._head(at)
        width = 0 if at in long else self._width
        claims = [[*self._said(claim), *[None] * width] for claim in range(begin, end)]
        if width < 0:
            for claim, values in zip(claims, tail.values(_STATES, begin, end), strict=True):
                claim += values
        elif claims and width:
            self._tell(claims, begin, at)
        states = [tail.value(column, at) for column in range(_STATES)]
        states[3] = states[3] or ()
        facts: Sequence[Any] = ()
        if at in long:
            pass
        elif together:
            facts = tail.value(first, at)
        else:
            facts = [tail.value(column, at) for column in range(first, len(tail.forms))]
        return *head, *states, facts, claims

    @cached_property
    def _tail(self) -> tuple[Reading, Sequence[tuple[int, int, int]], int, Sequence[int], bool]:
        told, said, facts, long, together = _DECODER.decode(self._behind)
        forms = [*told, *(form for _, _, form in said), *facts]
        # A field that is None in all claims is what they have before they are told.
        spoken = [
            (at, column, how)
            for at, (column, how, form) in enumerate(said, _STATES)
            if form[0] != ALIKE or form[1] is not None
        ]
        return Reading(forms, self._packed), spoken, _STATES + len(said), long, together

    def _head(self, at: int) -> list[Any]:
        """The values of a `Head`, as they are in a `Stored`."""
        heads, first = self._heads, self._begin
        kind, ident, title, subtitle, rest, kept, weight, known = [
            heads.value(first + column, at) for column in _HEADS
        ]
        if kept is None or kept is True:
            kept = self._facets(kind, at, kept is True)
        flat = known or ()
        known = dict(zip(flat[::2], flat[1::2], strict=True))
        return [kind, ident, title, subtitle, _beside(subtitle, rest), kept, weight, known]

    def _facets(self, kind: str, at: int, sound: bool) -> str:
        begin = sum(self._counts[:at])
        end = begin + self._counts[at]
        sources = (
            self._sources if self._which is None else [self._sources[one] for one in self._which[begin:end]]
        )
        shown = SHOWN[kind]
        date, length = (
            self._early_values(1 + shown.index(name), begin, end) if name in shown else [] for name in _EARLY
        )
        return _derived(kind, tuple(sources), date, length, sound)

    def _early_values(self, column: int, begin: int, end: int) -> list[Any]:
        how, where = self._early[column]
        return [spelling.read(how, value) for value in self._heads.values(where, begin, end)]

    def _said(self, claim: int) -> tuple[str, str]:
        """Who says it, and its id there."""
        which = self._which
        group, at = (0, claim) if which is None else (which[claim], which[:claim].count(which[claim]))
        how, where = self._ids[group]
        return self._sources[group], spelling.read(how, self._heads.value(where, at))

    def _tell(self, claims: list[list[Any]], begin: int, at: int) -> None:
        """Give claims their fields."""
        tail, said, *_ = self._tail
        for place, claim in enumerate(claims, begin):
            for column, (how, where) in self._early.items():
                claim[_SAID + column] = spelling.read(how, self._heads.value(where, place))
            for form, column, how in said:
                value = tail.value(form, place)
                if value is None:
                    continue
                if how > 0:
                    value = spelling.read(how, value)
                elif value is True and how == _BESIDE_IS:
                    value = self._heads.value(self._begin + _BESIDE, at)
                elif value is True and how == _ID_IS:
                    value = spelling.uuid_bytes(claim[1])
                claim[_SAID + column] = value


def _fields(kind: str, stored: "Sequence[Stored]") -> tuple[int, Sequence[str], Sequence[Sequence[Any]]]:
    """How many fields each claim has behind source and id, how they are called, where that is known, and the values of
    each; -1 where claims have more or less, and then all of a claim is one value."""
    every = [claim for row in stored for claim in row.claims]
    if len(set(map(len, every))) == 1:
        width = len(every[0]) - _SAID
        names = ("reason", *SHOWN.get(kind, ()))
        fields = list(zip(*every, strict=True))[_SAID:]
        return width, names if len(names) == width else ("",) * width, fields
    claims = [(row, claim[_SAID:]) for row in stored for claim in row.claims]
    width = max((len(said) for _, said in claims), default=0)
    if any(len(said) != width and row.facts for row, said in claims):
        return -1, ("",), [[list(said) for _, said in claims]]
    names = ("reason", *SHOWN.get(kind, ()))
    whole = [[*said, *[None] * (width - len(said))] for _, said in claims]
    return width, names if len(names) == width else ("",) * width, list(zip(*whole, strict=True))


def _ids(claims: Sequence[Sequence[Any]], packed: bytearray) -> tuple[Any, Any]:
    """Sources, and which of them says each claim, None where there is one; and the ids of each."""
    distinct = list(dict.fromkeys(claim[0] for claim in claims))
    if len(distinct) == 1:
        ids = [claim[1] for claim in claims]
        return (distinct, None), [_as(spelling.of_ids(ids), ids, packed)]
    places = {source: at for at, source in enumerate(distinct)}
    which: Any = [places[claim[0]] for claim in claims]
    forms = []
    for source in distinct:
        ids = [claim[1] for claim in claims if claim[0] == source]
        forms.append(_as(spelling.of_ids(ids), ids, packed))
    if len(distinct) < 2:
        return (distinct, None), forms
    return (distinct, bytes(which) if len(distinct) < 256 else which), forms


def _spelled(name: str, values: Sequence[Any], packed: bytearray) -> Sequence[Any]:
    return _as(_SPELLED.get(name, spelling.AS_IS), values, packed)


def _as(how: int, values: Sequence[Any], packed: bytearray) -> Sequence[Any]:
    how, made = spelling.spell(how, values)
    return how, pack(made, packed)


def _told(
    kind: str,
    name: str,
    values: Sequence[Any],
    stored: "Sequence[Stored]",
    rests: Sequence[Any],
    packed: bytearray,
) -> Sequence[Any]:
    """How a field of claims is told, and the form of its column: True where it is as something else."""
    if name == _AS_ID and True not in values:
        ids = (claim[1] for row in stored for claim in row.claims)
        made = [
            True if isinstance(value, bytes) and value == spelling.uuid_bytes(id) else value
            for value, id in zip(values, ids, strict=True)
        ]
        return _ID_IS, pack(made, packed)
    if name and name == _AS_BESIDE.get(kind) and True not in values:
        owners = (rest for row, rest in zip(stored, rests, strict=True) for _ in row.claims)
        same = [
            True if value and value == rest else value for value, rest in zip(values, owners, strict=True)
        ]
        return _BESIDE_IS, pack(same, packed)
    return _spelled(name, values, packed)


#: Beside the ways in which a text may be spelled.
_ID_IS, _BESIDE_IS = -1, -2


def _facts(kind: str, stored: "Sequence[Stored]", packed: bytearray) -> tuple[Any, Any, bool]:
    """Forms of the facts, which rows have none, and whether all facts of a row are one value."""
    long = [at for at, row in enumerate(stored) if not row.facts]
    lengths = {len(row.facts) for row in stored if row.facts}
    if len(lengths) != 1:
        return [pack([row.facts for row in stored], packed)], long, True
    [length] = lengths
    rows = [row.facts or ((),) * length for row in stored]
    steps = _STEPS.get(kind, ()) if length > max(_STEPS.get(kind, (0,))) else ()
    forms = []
    for at, column in enumerate(zip(*rows, strict=True)):
        if at in steps and all(isinstance(value, list | tuple) for value in column):
            forms.append(pack_lists(column, packed, shuffled=at in _BY_NAME.get(kind, ())))
        else:
            forms.append(pack([None if value == () else value for value in column], packed))
    return forms, long, False


def _rest(subtitle: str, beside: str | None) -> Any:
    """What lies beside the subtitle, in a list where that does not begin it."""
    if beside is None or not subtitle:
        return beside
    return beside[len(subtitle) + 1 :] if beside.startswith(subtitle + " ") else [beside]


def _beside(subtitle: str, rest: Any) -> str | None:
    if rest is None:
        return None
    if isinstance(rest, list):
        return str(rest[0])
    return f"{subtitle} {rest}" if subtitle else str(rest)


def _facets_kept(
    stored: "Sequence[Stored]", names: Sequence[str], fields: Sequence[Sequence[Any]]
) -> Sequence[Any]:
    """None where they are what follows, True where sound is beside that."""
    if not names or not names[0]:
        return [row.facets for row in stored]
    kept, begin = list[Any](), 0
    dates, lengths = (fields[names.index(name)] if name in names else () for name in _EARLY)
    for row in stored:
        claims, told = row.claims, row.facets
        end = begin + len(claims)
        if end == begin + 1:  # as most have one: told apart with nothing made for it
            date, length = (dates[begin] if dates else "") or "", lengths[begin] if lengths else None
            minutes = length // 60_000 if type(length) is int else None
            plain = _joined(row.kind, date[:4], (claims[0][0],), False, minutes)
        else:
            sources = tuple([claim[0] for claim in claims])
            plain = _derived(row.kind, sources, dates[begin:end], lengths[begin:end], False)
        # What has sound says so last.
        kept.append(None if told == plain else True if told == f"{plain} {SOUND}" else told)
        begin = end
    return kept


# Where `facets` would give others, what was written means others: that is another form of the file of rows.
def _derived(
    kind: str, sources: tuple[str, ...], dates: Sequence[Any], lengths: Sequence[Any], sound: bool
) -> str:
    date = dates[0] if dates and dates[0] else next((value for value in dates if value), "")
    minutes = lengths[0] // 60_000 if lengths and type(lengths[0]) is int else None
    return _joined(kind, date[:4], sources, sound, minutes)


@lru_cache(maxsize=8_192)
def _joined(kind: str, year: str, sources: tuple[str, ...], sound: bool, minutes: int | None) -> str:
    return " ".join(facets(kind, year, sources, sound, minutes=minutes))
