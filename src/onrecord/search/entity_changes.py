# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Things without rows as the file of entities has them, and what of it an update makes another."""

import uuid
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from onrecord.model.own_ids import own_id, owned
from onrecord.search import cache_files
from onrecord.search.entities import (
    BELONGS,
    LINKED,
    Linked,
    Seat,
    Told,
    id_key,
    links_key,
    pack_told,
    record_key,
    step_key,
    step_of,
    thing_key,
    unpack_told,
)
from onrecord.search.fields import Document
from onrecord.search.sorted_map import SortedMap

Link = tuple[str, str, str]
KeptRecord = tuple[str, str, str, int]
#: What is put under a key, None where it is gone, and the packed document of a thing.
Change = tuple[bytes | None, bytes | None]


class Thing(Struct, frozen=True):
    """A thing without rows: its MBIDs, and what it is searched by."""

    name: str
    body: str
    seats: tuple[Seat, ...]
    document: Document


class Renewed(Struct, frozen=True):
    """What an update touched: things by kind and name, of which `things` are those that there are now; ends of links,
    one at least of each that came or went, and the `links` that they have now; and records of what has rows, "" and 0
    in those that went."""

    touched: Sequence[tuple[str, str]]
    things: Iterable[Thing]
    ends: Sequence[tuple[str, str]]
    links: Iterable[Link]
    kept: Sequence[KeptRecord]


def changes(held: SortedMap, renewed: Renewed) -> dict[bytes, Change]:
    """What has to be put under which key for what an update touched."""
    return _Changes(held, renewed).made()


def told(thing: Thing) -> bytes:
    digest = cache_files.digest(msgspec.msgpack.encode(thing.document))[:8]
    return pack_told(Told(thing.name, thing.body, thing.seats, digest))


def id_keys(kind: str, name: str, seats: Iterable[Seat]) -> Iterator[bytes]:
    """All ids of a thing: its MBIDs, and its own, where that does not say what it is of."""
    for seat in seats:
        yield id_key(kind, seat.id, name)
    own = own_id(kind, name)
    if not owned(kind, own):
        yield id_key(kind, uuid.UUID(own).bytes, name)


class _Changes:
    """What is linked otherwise is told at both ends: of the touched ones all links are given, to others those are added
    or taken that came or went."""

    def __init__(self, held: SortedMap, renewed: Renewed) -> None:
        self._held, self._renewed = held, renewed
        self._got: dict[bytes, bytes | None] = {}
        self._made: dict[bytes, Change] = {}
        self._linked: dict[str, tuple[Linked, Linked]] = {}
        self._counted: set[tuple[str, str]] = set()

    def made(self) -> dict[bytes, Change]:
        self._link()
        fresh = {(thing.document.kind, thing.document.thing): thing for thing in self._renewed.things}
        there = {}
        for kind, name in self._renewed.touched:
            there[kind, name] = self._name(kind, name, fresh.get((kind, name)))
        for kind, name in sorted(self._counted | {it for it in there if it[0] in BELONGS}):
            was, now = there.get((kind, name)) or [self._get(thing_key(kind, name)) is not None] * 2
            self._count(kind, name, was, now)
        for kind, mbid, source, seq in self._renewed.kept:
            value = msgspec.msgpack.encode((source, seq)) if source else None
            self._put(record_key(kind, uuid.UUID(mbid).bytes), value)
        return self._made

    def _get(self, key: bytes) -> bytes | None:
        """What is held under a key: the map unpacks a block for each that it is asked for."""
        if key not in self._got:
            self._got[key] = self._held.get(key)
        return self._got[key]

    def _put(self, key: bytes, value: bytes | None, document: bytes | None = None) -> None:
        if self._get(key) != value:
            self._made[key] = value, document

    def _name(self, kind: str, name: str, thing: Thing | None) -> tuple[bool, bool]:
        """Tell of a thing, or of it no more; gives whether it was there, and is."""
        key = thing_key(kind, name)
        before = self._get(key)
        old = set(id_keys(kind, name, unpack_told(before).seats)) if before else set()
        new = set(id_keys(kind, name, thing.seats)) if thing else set()
        for each in old - new:
            self._put(each, None)
        for each in new - old:
            self._put(each, b"")
        if thing:
            self._put(key, told(thing), msgspec.msgpack.encode(thing.document))
        else:
            self._put(key, None)
        return before is not None, thing is not None

    def _link(self) -> None:
        ends: dict[str, Linked] = {name: {} for _, name in self._renewed.ends}
        for name, kind, other in self._renewed.links:
            ends[name].setdefault(kind, []).append(other)
        others: dict[str, dict[str, tuple[set[str], set[str]]]] = {}
        for of, name in self._renewed.ends:
            was, now = self._links(name), ends[name]
            self._linked[name] = was, now
            if of in BELONGS:
                self._counted.add((of, name))
            for kind in {*was, *now}:
                gone, came = set(was.get(kind, ())), set(now.get(kind, ()))
                for at, moved in enumerate((gone - came, came - gone)):
                    for other in moved:
                        if kind in BELONGS:
                            self._counted.add((kind, other))
                        if other not in ends:
                            others.setdefault(other, {}).setdefault(of, (set(), set()))[at].add(name)
        for name, moved_by_kind in sorted(others.items()):
            was = self._links(name)
            now = dict(was)
            for kind, (gone, came) in moved_by_kind.items():
                now[kind] = sorted(set(was.get(kind, ())) - gone | came)
            self._linked[name] = was, {kind: now[kind] for kind in sorted(now) if now[kind]}
        for name, (was, now) in self._linked.items():
            if was != now:
                self._put(links_key(name), msgspec.msgpack.encode(now) if now else None)

    def _links(self, name: str) -> Linked:
        packed = self._get(links_key(name))
        return LINKED.decode(packed) if packed else {}

    def _count(self, kind: str, name: str, was_there: bool, is_there: bool) -> None:
        """Put a thing among those that are as well known, where it is not."""
        was, now = self._linked.get(name) or [self._links(name)] * 2
        old = step_key(kind, step_of(len(was.get(BELONGS[kind], ()))), name) if was_there else b""
        new = step_key(kind, step_of(len(now.get(BELONGS[kind], ()))), name) if is_there else b""
        if old != new:
            if old:
                self._put(old, None)
            if new:
                self._put(new, b"")
