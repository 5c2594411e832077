# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which UUID is which thing, and which things belong together: what a look-up by MBID asks first. A cache.

What has rows (artists, releases, recordings) is told of from these, and a release that nobody puts into a group is one
by itself. The file has the rest: works, labels, groups with a name of their own, what belongs together, and where kept
records lie. `entity_filling` writes it.
"""

import threading
import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import apsw
import msgspec
from msgspec import Struct

from onrecord.model.own_ids import GROUP, own_id, owned
from onrecord.search import cache_files, rows, sorted_map
from onrecord.search.bodies import MBID, mbids
from onrecord.search.key_blocks import key_bytes
from onrecord.search.popularity import popularity
from onrecord.search.sorted_map import SortedMap
from onrecord.search.stored_rows import Stored

SCHEMA: Final = 7
ROWS: Final = "rows.sqlite"
ENTITIES: Final = "entities.sqlite"

KINDS: Final = ("artist", "release", "release-group", "recording", "work", "label")
#: Those that have rows.
PAGED: Final = ("artist", "release", "recording")
#: What things of these kinds are known by: the more of it, the better known.
BELONGS: Final = {"work": "recording", "label": "release", "release-group": "release"}
#: The highest step of how well they are known.
TOP_STEP: Final = 15

TABLES: Final = (
    sorted_map.TABLES
    + """
CREATE TABLE pending (place INTEGER PRIMARY KEY, changes BLOB);
CREATE TABLE made (fields TEXT, changes INT, entries INT);
"""
)


class Entity(Struct, frozen=True):
    """A thing under one of its ids. `source` and `seq` say where a kept record of it lies, "" and 0 where none does.

    `body` is JSON of the claims on things that have no page of their own (works, labels), else "".
    """

    kind: str
    id: str
    thing: str
    name: str
    body: str = ""
    source: str = ""
    seq: int = 0


class Seat(Struct, frozen=True, array_like=True):
    """An MBID of a thing, as its bytes, and where a kept record of it lies ("" and 0 where none does)."""

    id: bytes
    source: str = ""
    seq: int = 0


class Told(Struct, frozen=True, array_like=True):
    """What the file has of a thing without rows. Two are told apart by `digest` also where only the words differ that
    they are searched by."""

    name: str
    body: str
    seats: tuple[Seat, ...]
    digest: bytes


def pack_told(told: Told) -> bytes:
    """As the map has it: where `body` says an MBID of the thing, with the place of that among its seats."""
    body = told.body
    for at, seat in enumerate(told.seats):
        body = body.replace(f'"{uuid.UUID(bytes=seat.id)}"', f"{_SEAT}{at}{_SEAT}")
    return msgspec.msgpack.encode(msgspec.structs.replace(told, body=body))


def unpack_told(packed: bytes) -> Told:
    told = _TOLD.decode(packed)
    if _SEAT not in told.body:
        return told
    parts = told.body.split(_SEAT)
    parts[1::2] = [f'"{uuid.UUID(bytes=told.seats[int(at)].id)}"' for at in parts[1::2]]
    return msgspec.structs.replace(told, body="".join(parts))


#: JSON never has it as it is.
_SEAT: Final = "\0"
_TOLD: Final = msgspec.msgpack.Decoder(Told)
Linked = dict[str, list[str]]
LINKED: Final = msgspec.msgpack.Decoder(Linked)
RECORD: Final = msgspec.msgpack.Decoder(tuple[str, int])


# Keys of the map, in the order of these letters.


def thing_key(kind: str, thing: str) -> bytes:
    """Leads to what is told of a thing."""
    return f"a{kind}\0{thing}".encode(errors="surrogatepass")


def links_key(thing: str) -> bytes:
    """Leads to what belongs to a thing, by kind."""
    return b"b" + thing.encode(errors="surrogatepass")


def id_key(kind: str, id: bytes, thing: str = "") -> bytes:
    """That a thing of the file has an id, of which the beginning is here: what is told of the thing says whether that
    is it. It may be that of two, where a person keeps them apart: the first of them is found by it."""
    return b"c" + kind.encode() + b"\0" + id[:_BEGINNING] + thing.encode(errors="surrogatepass")


#: Bytes of an id; of as many ids as there may be few share them.
_BEGINNING: Final = 6


def record_key(kind: str, id: bytes) -> bytes:
    """Leads to the kept record of what has rows."""
    return b"d" + kind.encode() + b"\0" + id


def step_key(kind: str, step: int, thing: str = "") -> bytes:
    """That a thing of the file is so well known."""
    return b"e" + kind.encode() + b"\0" + bytes((step,)) + thing.encode(errors="surrogatepass")


#: Leads to what all of it rests on: the names of the sources whose records are told of.
RESTS_ON: Final = b"f"


def step_of(count: int) -> int:
    """How well something is known to which so many belong: in the same steps as what has rows, so that a place in a
    list seldom moves."""
    return min(popularity({"releases": count}) >> 4, TOP_STEP)


class Entities:
    """Reads. Opens the files anew for each question, so that a rewritten file is seen at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._asking = _Asking()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What this thread asks within is asked of the file as it is opened now, and nothing is read twice."""
        with self._reading() as held:
            before, self._asking.held = self._asking.held, held
            try:
                yield
            finally:
                self._asking.held = before

    def find(self, kind: str, id: str) -> Entity | None:
        """The entity of a UUID; where a thing is shown under another id, what it is shown as."""
        with self._reading() as held:
            return held.find(kind, id)

    def of(self, kind: str, thing: str) -> Entity | None:
        """What a thing is shown as."""
        return next(iter(self.all_of(kind, (thing,))), None)

    def all_of(self, kind: str, things: Iterable[str]) -> list[Entity]:
        """What these things are shown as, in their order; one that is gone is left out."""
        with self._reading() as held:
            return [entity for thing in things if (entity := held.of(kind, thing)) is not None]

    def linked(self, thing: str, kind: str, limit: int = 100_000) -> list[str]:
        """The things of a kind that belong to a thing, in the order of their names here."""
        with self._reading() as held:
            return held.linked(thing, kind)[:limit]

    def linked_to(self, things: Iterable[str], kind: str, limit: int) -> list[str]:
        """The things of a kind that belong to any of these, each once, in the order in which they were met."""
        found = dict[str, None]()
        with self._reading() as held:
            for thing in things:
                found |= dict.fromkeys(held.linked(thing, kind))
                if len(found) >= limit:
                    break
        return list(found)[:limit]

    def is_alone(self, release: str) -> bool:
        """Is a release in no group, so that it is one by itself? For whoever knows that it is there, and has a name."""
        with self._reading() as held:
            return held.is_alone(release)

    def known_only_by(self, kind: str, by: str, things: Collection[str]) -> dict[str, list[str]]:
        """Things of a kind of which all that belongs to them, of the kind `by`, is among these things: which it is."""
        found = dict[str, list[str]]()
        with self._reading() as held:
            for other in {other for thing in things for other in held.linked(thing, kind)}:
                belonging = held.linked(other, by)
                if all(thing in things for thing in belonging):
                    found[other] = belonging
        return found

    def listed(self, kind: str, step: int, behind: str, limit: int) -> list[str]:
        """The things of the file of a kind of `BELONGS` and of one step (0 to 15) of how well they are known, behind
        one, "" for the first, in the order of their names here."""
        start, found = step_key(kind, step), list[str]()
        with self._reading() as held:
            for key, _ in held.map.entries(start, step_key(kind, step, behind) if behind else b""):
                if len(found) == limit:
                    break
                found.append(key[len(start) :].decode(errors="surrogatepass"))
        return found

    def step(self, kind: str, thing: str) -> int:
        """How well a thing of a kind of `BELONGS` is known."""
        return step_of(len(self.linked(thing, BELONGS[kind])))

    def ids(self, things: Iterable[str]) -> set[str]:
        """All ids under which these things are shown."""
        with self._reading() as held:
            return {id for thing in things for kind in KINDS for id in held.ids(kind, thing)}

    def fields(self) -> str:
        """The name of the index of fields that was made with this, "" where nothing was yet."""
        with self._reading() as held:
            found = held.db.execute("SELECT fields FROM made").fetchone()
        return str(found[0]) if found else ""

    def rests_on(self) -> frozenset[str]:
        """The names of the sources whose records are told of."""
        with self._reading() as held:
            packed = held.map.get(RESTS_ON)
        return msgspec.msgpack.decode(packed, type=frozenset[str]) if packed else frozenset()

    def changes(self) -> object:
        """Another value after each change."""
        with self._reading() as held:
            found = held.db.execute("SELECT fields, changes FROM made").fetchone()
        try:
            at = self._path.with_name(ROWS).stat()
        except FileNotFoundError:
            return found
        return found, at.st_mtime_ns, at.st_size, at.st_ino

    def is_behind(self) -> bool:
        """Was writing cut short before the index of fields had all that is here?"""
        with self._reading() as held:
            return held.db.execute("SELECT 1 FROM pending LIMIT 1").fetchone() is not None

    @contextmanager
    def _reading(self) -> Iterator["_Held"]:
        if self._asking.held is not None:
            yield self._asking.held
            return
        with ExitStack() as stack:
            db = stack.enter_context(cache_files.reading(self._path, SCHEMA, TABLES))
            yield _Held(db, stack, self._path.with_name(ROWS))


class _Asking(threading.local):
    """What a thread asks now, if it asks several things together."""

    held: "_Held | None" = None


class _Held:
    """The open file; the rows are opened when they are asked for. What was read is kept."""

    def __init__(self, db: apsw.Connection, stack: ExitStack, path: Path) -> None:
        self.db = db
        self.map = SortedMap(db, cache_files.told_apart(db))
        self._stack, self._path = stack, path
        self._rows: rows.Held | None = None
        self._linked: dict[str, Linked] = {}
        self._alone = set[str]()
        self._known: dict[tuple[str, str], Told | None] = {}

    @property
    def rows(self) -> rows.Held:
        if self._rows is None:
            self._rows = rows.Held(self._stack.enter_context(rows.reading(self._path)))
        return self._rows

    def find(self, kind: str, id: str) -> Entity | None:
        packed = uuid.UUID(id).bytes
        if thing := owned(kind, id):
            begun, thing = thing[: len(thing) - 17], thing[-17:]
            return self.of(kind, begun + self.rows.led(thing))
        start = id_key(kind, packed)
        for key, _ in self.map.entries(start):
            thing = key[len(start) :].decode(errors="surrogatepass")
            if str(uuid.UUID(bytes=packed)) in {*self.ids(kind, thing), own_id(kind, thing)}:
                return self.of(kind, thing, packed)
        if kind not in PAGED:
            return None
        found = (self.rows.row(number) for number in self.rows.numbers(MBID, key_bytes(packed)))
        named = sorted(row.id for row in found if row is not None and row.kind == kind)
        return self.of(kind, named[0], packed) if named else None

    def of(self, kind: str, thing: str, id: bytes = b"") -> Entity | None:
        """A thing under one of its ids; where that is not given, or not its, under that which comes first."""
        if told := self._told(kind, thing):
            seat = next((seat for seat in told.seats if seat.id == id), next(iter(told.seats), None))
            if seat is None:
                return Entity(kind, own_id(kind, thing), thing, told.name, told.body)
            at = seat.source, seat.seq
            return Entity(kind, str(uuid.UUID(bytes=seat.id)), thing, told.name, told.body, *at)
        row = self._row(kind, thing)
        if row is None:
            return None
        known = mbids(row) if kind in PAGED else []
        if not known:
            return Entity(kind, own_id(kind, thing), thing, row.title)
        asked = str(uuid.UUID(bytes=id)) if id else ""
        shown = asked if asked in known else known[0]
        record = self.map.get(record_key(kind, uuid.UUID(shown).bytes))
        return Entity(kind, shown, thing, row.title, "", *(RECORD.decode(record) if record else ("", 0)))

    def ids(self, kind: str, thing: str) -> list[str]:
        if told := self._told(kind, thing):
            return [str(uuid.UUID(bytes=seat.id)) for seat in told.seats] or [own_id(kind, thing)]
        row = self._row(kind, thing)
        return (kind in PAGED and mbids(row)) or [own_id(kind, thing)] if row else []

    def linked(self, thing: str, kind: str) -> list[str]:
        if thing.startswith(GROUP):
            release = thing.removeprefix(GROUP)
            is_there = release in self._alone or self._row("release-group", thing) is not None
            if not is_there or kind not in ("release", "artist"):
                return []
            return [release] if kind == "release" else self.links(release).get(kind, [])
        links = self.links(thing)
        found = links.get(kind, [])
        if kind == "release-group":
            if not found and self._row("release", thing):
                return [GROUP + thing]
            if thing[:1] == "a" and len(thing) == 17:
                groups = {
                    group for release in links.get("release", []) for group in self.linked(release, kind)
                }
                return sorted(groups.union(found))
        elif kind == "artist" and "release" in links and self._told("release-group", thing):
            makers = {maker for release in links["release"] for maker in self.links(release).get(kind, [])}
            return sorted(makers.union(found))
        return found

    def is_alone(self, release: str) -> bool:
        if not self.links(release).get("release-group"):
            self._alone.add(release)
        return release in self._alone

    def _told(self, kind: str, thing: str) -> Told | None:
        if (kind, thing) not in self._known:
            packed = self.map.get(thing_key(kind, thing))
            self._known[kind, thing] = unpack_told(packed) if packed else None
        return self._known[kind, thing]

    def links(self, thing: str) -> Linked:
        """What is kept of what belongs to a thing; not to be changed."""
        if thing not in self._linked:
            packed = self.map.get(links_key(thing))
            self._linked[thing] = LINKED.decode(packed) if packed else {}
        return self._linked[thing]

    def _row(self, kind: str, thing: str) -> Stored | None:
        """The row that tells of a thing; of what has no name nothing is told."""
        if kind == "release-group":
            # Not a group by itself, once it is in one.
            release = thing.removeprefix(GROUP) if thing.startswith(GROUP) else ""
            return self._row("release", release) if release and kind not in self.links(release) else None
        if kind not in PAGED:
            return None
        row = self.rows.row(self.rows.number(thing))
        return row if row is not None and row.kind == kind and row.title else None
