# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows that pages are made of, by id, in SQLite. A cache that any reader may open.

Each row has a number, by which the text index and other rows name it. Rows lie in blocks that never change; what came
after these, and what is another since, lies in more of them behind (`newer_rows`), in a file of its own beside, as all
that changes (`cache_files`). `row_filling` writes both.
"""

import hashlib
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec
from msgspec import Struct

from onrecord.model.identifiers import minted_bytes
from onrecord.search import cache_files, key_blocks, newer_rows, row_blocks, sorted_map
from onrecord.search.bodies import LISTED, unfold
from onrecord.search.codes import Key, pack
from onrecord.search.facets import LANGUAGE, SOUND
from onrecord.search.key_blocks import KeyBlocks, key_bytes
from onrecord.search.newer_rows import GONE, Newer
from onrecord.search.row_blocks import Blocks
from onrecord.search.sorted_map import SortedMap
from onrecord.search.stored_rows import Head, Stored

SCHEMA: Final = 9

TABLES: Final = row_blocks.TABLES + key_blocks.TABLES
#: What blocks of keys say of a key, the map says better: it has the numbers that the key leads to since a change, or
#: does not any more (`pack_numbers`). `written` counts the rows that changes wrote, `oldest` to `newest` are their runs
#: that count, and `pending` has the numbers of which the text index has yet to hear, as steps.
CHANGES: Final = (
    row_blocks.CHANGES
    + newer_rows.TABLES
    + sorted_map.TABLES
    + """
CREATE TABLE newest (kind TEXT, newest INT, id TEXT, PRIMARY KEY (kind, newest DESC, id)) WITHOUT ROWID;
CREATE TABLE totals (kind TEXT PRIMARY KEY, count INT, seconds REAL) WITHOUT ROWID;
CREATE TABLE combinations (number INTEGER PRIMARY KEY, facets TEXT NOT NULL);
CREATE TABLE redirects (old TEXT PRIMARY KEY, new TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE holders (blob TEXT PRIMARY KEY, recording TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE made (
  text TEXT NOT NULL, last INT NOT NULL, written INT NOT NULL, oldest INT NOT NULL, newest INT NOT NULL, pending BLOB
);
"""
)
#: The scheme of the keys that ids are found by, beside those of `codes`.
IDS: Final = 0


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """A thing as lists show it. `body` is what its own page shows, packed by whoever wrote it."""

    kind: str
    id: str
    title: str
    subtitle: str
    has_sound: bool
    newest: int
    seconds: float
    body: bytes


class Named(Struct, frozen=True):
    """What a search weighs of a row, and lists. `beside` holds names that are searched too, `weight` is how popular it
    is, `known` what was counted for that (`popularity`)."""

    number: int
    kind: str
    id: str
    title: str
    subtitle: str
    beside: str
    facets: tuple[str, ...]
    weight: int
    known: dict[str, int] = {}

    @property
    def has_sound(self) -> bool:
        return SOUND in self.facets


class Rows:
    """Reads rows. Opens the file anew for each question, so that a rewritten file is seen at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, identifier: str, listed: int = LISTED, start: int = 0) -> Row | None:
        """The row of an id, or of the id that it was merged into. Of an artist at most so many recordings and so many
        releases are listed, from `start` on."""
        with self.reading() as held:
            return held.shown(held.number(held.led(identifier)), listed, start)

    def brief(self, identifier: str) -> Row | None:
        """As `get`, without the body."""
        with self.reading() as held:
            found = held.row(held.number(held.led(identifier)))
        return _row(found, b"") if found else None

    def title(self, identifier: str) -> tuple[str, str] | None:
        """(id, title) of an id, or of the id that it was merged into."""
        with self.reading() as held:
            number = held.number(held.led(identifier))
            head = None if number is None else held.head(number)
        return (head.id, head.title) if head else None

    def holder(self, blob: str) -> Row | None:
        """The row of the recording that a blob holds."""
        with self.reading() as held:
            found = held.db.execute("SELECT recording FROM holders WHERE blob=?", (blob,)).fetchone()
            return held.shown(held.number(str(found[0]))) if found else None

    def newest(self, kind: str, limit: int) -> list[Row]:
        """Those that say when they were new, the newest first."""
        with self.reading() as held:
            query = "SELECT id FROM newest WHERE kind=? ORDER BY newest DESC, id LIMIT ?"
            ids = [str(identifier) for (identifier,) in held.db.execute(query, (kind, limit))]
            return [row for identifier in ids if (row := held.shown(held.number(identifier)))]

    def bearers(self, scheme: int, key: Key, limit: int = 1000) -> list[Named]:
        """The things that bear an identifier, as `codes.pack` gives it."""
        with self.reading() as held:
            return held.named(held.numbers(scheme, key_bytes(key))[:limit])

    def of_ids(self, identifiers: Iterable[str]) -> list[Named]:
        """What is there of these ids, or of those that they were merged into, in their order."""
        with self.reading() as held:
            numbers = [held.number(held.led(identifier)) for identifier in identifiers]
            return held.named([number for number in numbers if number is not None])

    def bearing(self, scheme: str, value: str, limit: int = 1000) -> list[str]:
        """Ids of the things that bear an identifier; none where the value is not one of its scheme."""
        key = pack(scheme, value)
        return [item.id for item in self.bearers(*key, limit)] if key else []

    def number(self, identifier: str) -> int | None:
        """The number of an id, or of the id that it was merged into."""
        with self.reading() as held:
            return held.number(held.led(identifier))

    def named(self, numbers: Sequence[int]) -> list[Named]:
        """What is there of these numbers, in their order; one that is gone is left out."""
        with self.reading() as held:
            return held.named(numbers)

    def text(self) -> str:
        """Name of the text index that these rows are found by, "" where nothing was matched yet."""
        with self.reading() as held:
            return held.made

    def is_behind(self) -> bool:
        """Was writing cut short before the text index had all that is here?"""
        with self.reading() as held:
            return held.db.execute("SELECT 1 FROM made WHERE pending IS NOT NULL").fetchone() is not None

    def seconds(self) -> float:
        """Length of all sound together."""
        with self.reading() as held:
            total: Any = held.db.execute("SELECT coalesce(sum(seconds), 0.0) FROM totals").fetchone()
            return float(total[0])

    def count(self) -> dict[str, int]:
        with self.reading() as held:
            found: Any = held.db.execute("SELECT kind, count FROM totals WHERE count > 0 ORDER BY kind")
            return {str(kind): int(count) for kind, count in found if "=" not in kind}

    def combinations(self, numbers: Iterable[int]) -> tuple[str, dict[int, tuple[str, ...]]]:
        """The facets that numbers stand for in a text index, and that index' name."""
        query = "SELECT facets FROM combinations WHERE number=?"
        with self.reading() as held:
            rows = ((number, held.db.execute(query, (number,)).fetchone()) for number in numbers)
            found = {number: tuple(str(row[0]).split()) for number, row in rows if row}
            return held.made, found

    def languages(self) -> dict[str, int]:
        """How many things are in which language, those of most first."""
        with self.reading() as held:
            query = "SELECT kind, count FROM totals WHERE count > 0 AND kind GLOB ? ORDER BY count DESC, kind"
            found: Any = held.db.execute(query, (f"{LANGUAGE}*",))
            return {str(kind).removeprefix(LANGUAGE): int(count) for kind, count in found}

    def last(self) -> int:
        """The highest number that was ever given, 0 where there is none."""
        with self.reading() as held:
            found: Any = held.db.execute("SELECT last FROM made").fetchone()
            return int(found[0]) if found else 0

    def numbers(self, wanted: Collection[str] | None = None) -> Iterator[tuple[Any, Any]]:
        """Canonical ids and their numbers, as arrays of Arrow, many at a time: of all that there are, or of at least
        those that are `wanted`."""
        import pyarrow as pa

        with self.reading() as held:
            if wanted is None or len(wanted) * _LOOKED_UP > self.last():
                ids = held.all_ids()
            else:
                ids = held.those(wanted)
            while some := list(itertools.islice(ids, _MANY)):
                numbers, spelled = zip(*some, strict=True)
                yield pa.array(spelled, pa.string()), pa.array(numbers, pa.int64())

    def tables(self) -> dict[str, int]:
        """Bytes of each table."""
        with self.reading() as held:
            query = " UNION ALL ".join(
                f"SELECT name, pgsize FROM dbstat('{schema}')"
                for schema in held.db.db_names()
                if schema != "temp"
            )
            found: Any = held.db.execute(
                f"SELECT name, sum(pgsize) FROM ({query}) GROUP BY name ORDER BY name"
            )
            return {str(name): int(size) for name, size in found}

    @contextmanager
    def reading(self) -> Iterator["Held"]:
        """The rows of now, for several questions."""
        with reading(self._path) as db:
            yield Held(db)


class Held:
    """The rows of an open file."""

    def __init__(self, db: apsw.Connection) -> None:
        self.db = db
        found: Any = db.execute("SELECT text, oldest, newest FROM made").fetchone()
        made, oldest, newest = found or ("", 1, 0)
        self.made = str(made)
        #: Those of changes.
        self.runs = range(oldest, newest + 1)
        self._file = cache_files.told_apart(db)
        self._blocks = Blocks(db, self._file)
        self._keys = KeyBlocks(db)
        self._newer = Newer(db, self._file, self.runs)

    def row(self, number: int | None) -> Stored | None:
        return None if number is None else self._blocks.row(self._newer.place(number))

    def of_old(self, number: int, now: Stored) -> Stored | None:
        """The row that a number has in the blocks of old; `now` is that which it has."""
        return now if self._newer.place(number) == number else self._blocks.row(number)

    def head(self, number: int) -> Head | None:
        return self._blocks.head(self._newer.place(number))

    def heads(self, numbers: Iterable[int]) -> dict[int, Head | None]:
        """As `head`, of several."""
        places = sorted((self._newer.place(number), number) for number in set(numbers))
        return {number: self._blocks.head(place) for place, number in places}

    def named(self, numbers: Sequence[int]) -> list[Named]:
        """As `Rows.named`."""
        found = self.heads(numbers)
        return [_named(number, head) for number in numbers if (head := found[number])]

    def shown(self, number: int | None, listed: int = LISTED, start: int = 0) -> Row | None:
        row = self.row(number)
        if row is None:
            return None
        if not row.claims:
            return _row(row, row.facts[0])
        seen: dict[int, Stored | None] = {}

        def look(other: int) -> Stored | None:
            if other not in seen:
                seen[other] = self.row(other)
            return seen[other]

        return _row(row, msgspec.json.encode(unfold(row, look, listed, start)))

    def led(self, identifier: str) -> str:
        """Where redirects lead from an id."""
        seen = set()
        while identifier not in seen:
            seen.add(identifier)
            found = self.db.execute("SELECT new FROM redirects WHERE old=?", (identifier,)).fetchone()
            if found is None:
                break
            identifier = str(found[0])
        return identifier

    def number(self, identifier: str) -> int | None:
        for number in self.numbers(IDS, id_key(identifier)):
            if self._blocks.id(self._newer.place(number)) == identifier:
                return number
        return None

    def those(self, identifiers: Iterable[str]) -> Iterator[tuple[int, str]]:
        """Numbers of these that there are, with their ids: rows that lie together are looked at together."""
        # In the order of keys, so that a page of them is read once.
        may = [(number, id) for id in sorted(identifiers) for number in self.numbers(IDS, id_key(id))]
        places = sorted((self._newer.place(number), number, id) for number, id in may)
        yield from ((number, id) for place, number, id in places if self._blocks.id(place) == id)

    def all_numbers(self) -> Iterator[int]:
        """Of all rows that there are, in no order."""
        newer = self._newer.every()
        yield from (number for number, place in newer.items() if place != GONE)
        yield from (number for number in self._blocks.numbers() if number not in newer)

    def all_ids(self) -> Iterator[tuple[int, str]]:
        """The numbers and ids of all rows that there are, in no order."""
        newer = self._newer.every()
        for number, place in sorted(newer.items(), key=lambda item: item[1]):
            if id := self._blocks.id(place):
                yield number, id
        yield from ((number, id) for number, id in self._blocks.ids() if number not in newer)

    def numbers(self, scheme: int, key: bytes) -> list[int]:
        """Numbers behind a key, in their order."""
        found = list(self._keys.numbers(scheme, key))
        if self.runs and (packed := self.newer_keys.get(map_key(scheme, key))):
            newer = unpack_numbers(packed)
            found = [number for number in found if number not in newer]
            found += [number for number, there in newer.items() if there]
            found.sort()
        return found

    @cached_property
    def newer_keys(self) -> SortedMap:
        return SortedMap(self.db, self._file)


def map_key(scheme: int, key: bytes) -> bytes:
    """Under which the map has what changed of a key."""
    return bytes((scheme,)) + key


def pack_numbers(numbers: Mapping[int, bool]) -> bytes:
    """Numbers with whether a key leads to them, as steps."""
    told = [number << 1 | there for number, there in sorted(numbers.items())]
    return _ENCODER.encode([now - before for before, now in itertools.pairwise([0, *told])])


def unpack_numbers(packed: bytes) -> dict[int, bool]:
    return {told >> 1: bool(told & 1) for told in itertools.accumulate(_DECODER.decode(packed))}


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[int])


def id_key(identifier: str) -> bytes:
    """Five bytes that an id is found by: the first of those that a canonical id spells, of a digest of any other. They
    may be those of another, too: whose number it is its row tells."""
    if spelled := minted_bytes(identifier):
        return spelled[:_ID]
    return hashlib.blake2b(identifier.encode(errors="surrogatepass"), digest_size=_ID).digest()


_ID: Final = 5
#: Ids that are given at a time.
_MANY: Final = 65_536
#: To look one up costs what it does to read so many in their order.
_LOOKED_UP: Final = 20


def _row(row: Stored, body: bytes) -> Row:
    return Row(row.kind, row.id, row.title, row.subtitle, row.sound, row.newest, row.seconds, body)


def _named(number: int, head: Head) -> Named:
    names = head.title, head.subtitle, head.beside
    return Named(number, head.kind, head.id, *names, _cut(head.facets), head.weight, head.known)


@lru_cache(maxsize=4096)
def _cut(facets: str) -> tuple[str, ...]:
    """Many things have the very same."""
    return tuple(facets.split())


def reading(path: Path) -> AbstractContextManager[apsw.Connection]:
    """The rows as they are now; none where nothing was matched yet, or where another version wrote them."""
    return cache_files.reading(path, SCHEMA, TABLES + CHANGES)
