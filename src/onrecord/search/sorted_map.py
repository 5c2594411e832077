# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A map of bytes to bytes in SQLite for tens of millions of short entries: sorted, in packed blocks that never change.

What came after the first of them, and what is another since, lies in blocks behind, in runs, one a change. What a newer
run says of a key counts; a few bits a key tell of most runs that they say nothing. Of a long value it says what is not
as the first run has it. Many runs become one, and what is no more asked for goes with the next change: whoever reads
meanwhile finds it.
"""

import functools
import hashlib
import heapq
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate
from operator import itemgetter
from typing import Any, Final, Literal

import apsw
import msgspec

from onrecord.search.differences import difference, restored

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TABLES: Final = """
CREATE TABLE map_blocks (place INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE map_firsts (run INT, first BLOB, place INT, PRIMARY KEY (run, first)) WITHOUT ROWID;
CREATE TABLE map_runs (run INTEGER PRIMARY KEY, first INT, last INT, entries INT, parts INT, counts INT);
CREATE TABLE map_filters (run INT, part INT, bits BLOB, PRIMARY KEY (run, part)) WITHOUT ROWID;
"""
#: Entries and bytes of a block, whichever is reached first: a look-up reads one.
_ENTRIES, _BYTES = 256, 16_384
_LEVEL: Final = 9
#: With more runs than this behind the first they become one.
_MOST: Final = 6
#: Bits of a filter for each key, how many of them a key sets, and bytes of a part, of which a look-up reads one.
_BITS, _SET, _FILTER = 12, 4, 4_096
#: Parts of filters that are kept in memory.
_KEPT: Final = 4_096
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(tuple[bytes, list[int], list[int], bytes, bytes])
#: In place of how long a value is: the key is gone; below this, how long a difference is.
_GONE: Final = -1
#: Shorter values are told whole.
_LONG: Final = 96
#: With fewer bytes nothing can begin.
_BASE: Final = 8


class _Differs(bytes):
    """A value as what is other than in the first run."""


_Value = bytes | None


class MapWriter:
    """Takes entries in the order of their keys, and writes them into an empty file's tables, or behind what is there as
    another run; None says there that a key is gone."""

    def __init__(self, db: apsw.Connection, run: int = 0) -> None:
        self._db = db
        self._run = run
        [(last,)] = db.execute("SELECT max(place) FROM map_blocks").fetchall()
        self._place = self._first = 0 if last is None else int(str(last)) + 1
        self._keys: list[bytes] = []
        self._values: list[bytes | None] = []
        self._size = self._count = 0
        self._last = b""

    def add(self, key: bytes, value: bytes | None) -> None:
        if key <= self._last:
            raise ValueError(f"expected things in order, got {key!r} behind {self._last!r}")
        self._last = key
        self._keys.append(key)
        self._values.append(value)
        self._size += len(key) + len(value or b"")
        self._count += 1
        if len(self._keys) == _ENTRIES or self._size >= _BYTES:
            self._flush()

    def finish(self) -> None:
        """Write the rest; of a run that is not the first also what tells of which keys it says nothing."""
        self._flush()
        parts = 0
        if self._run:
            parts = self._count * _BITS // (8 * _FILTER) + 1
            for part, bits in enumerate(_filters(self._written(), parts, self._count)):
                self._db.execute("INSERT INTO map_filters VALUES (?,?,?)", (self._run, part, bits))
        said = self._run, self._first, self._place, self._count, parts
        self._db.execute("INSERT INTO map_runs VALUES (?,?,?,?,?,1)", said)

    def _written(self) -> Iterator[bytes]:
        query = "SELECT block FROM map_blocks WHERE place >= ?"
        for (block,) in self._db.execute(query, (self._first,)):
            yield from (key for key, _ in _Block(block).entries())

    def _flush(self) -> None:
        if not self._keys:
            return
        keys, values, first = self._keys, self._values, self._keys[0]
        shared = next(
            (at for at, two in enumerate(zip(first, keys[-1], strict=False)) if two[0] != two[1]), None
        )
        prefix = first[: min(len(first), len(keys[-1])) if shared is None else shared]
        rest = [key[len(prefix) :] for key in keys]
        sizes = list(map(_size, values))
        said = prefix, list(map(len, rest)), sizes, b"".join(rest), b"".join(filter(None, values))
        packed = zstd.compress(_ENCODER.encode(said), _LEVEL)
        self._db.execute("INSERT INTO map_blocks VALUES (?,?)", (self._place, packed))
        self._db.execute("INSERT INTO map_firsts VALUES (?,?,?)", (self._run, first, self._place))
        self._keys, self._values, self._size, self._place = [], [], 0, self._place + 1


def add_run(db: apsw.Connection, changes: Iterable[tuple[bytes, bytes | None]]) -> None:
    """Put values under keys, in their order, None where one is taken out. Within a transaction."""
    for run, first, last in db.execute("SELECT run, first, last FROM map_runs WHERE NOT counts").fetchall():
        db.execute("DELETE FROM map_blocks WHERE place >= ? AND place < ?", (first, last))
        for table in ("map_firsts", "map_filters", "map_runs"):
            db.execute(f"DELETE FROM {table} WHERE run = ?", (run,))
    held = SortedMap(db)
    newest = max([run for run, *_ in held.runs], default=0) + 1
    newer = [run for run, *_ in held.runs if run]
    short: Iterator[tuple[bytes, bytes | None]] = (
        (key, held.shortened(key, value)) for key, value in changes
    )
    if len(newer) >= _MOST:
        short = _latest([((key, -newest, value) for key, value in short), *map(held.of_run, newer)])
    writer = MapWriter(db, newest)
    for key, value in short:
        writer.add(key, value)
    writer.finish()
    if len(newer) >= _MOST:
        db.execute("UPDATE map_runs SET counts = 0 WHERE run > 0 AND run < ?", (newest,))


def _size(value: _Value) -> int:
    if value is None:
        return _GONE
    return _GONE - 1 - len(value) if isinstance(value, _Differs) else len(value)


def count_newer(db: apsw.Connection) -> int:
    """How many entries runs behind the first have."""
    [(count,)] = db.execute(
        "SELECT coalesce(sum(entries), 0) FROM map_runs WHERE run > 0 AND counts"
    ).fetchall()
    return int(str(count))


class SortedMap:
    """The map of an open file, as it was when it was asked first. The last block of each run that was asked for is
    remembered."""

    def __init__(self, db: apsw.Connection, file: str = "") -> None:
        """`file` is another one for each file (`cache_files.told_apart`): what is read of filters is kept under it."""
        self._db = db
        self._filters = _filters_of(file) if file else dict[tuple[int, int], bytes]()
        found: Any = db.execute("SELECT run, first, last, parts FROM map_runs WHERE counts ORDER BY run DESC")
        #: (number, first place, place behind the last, parts of the filter), the newest first.
        self.runs: list[tuple[int, int, int, int]] = found.fetchall()
        self._last: dict[int, tuple[int, _Block]] = {}

    def get(self, key: bytes) -> bytes | None:
        digest = _digest(key) if self.runs and self.runs[0][3] else 0
        for run, first, _, parts in self.runs:
            if parts and not self._may_have(run, parts, digest):
                continue
            place = self._place(run, key)
            if place is not None and place >= first:
                found = self._block(run, place).get(key)
                if found is not False:
                    return self._whole(key, found)
        return None

    def shortened(self, key: bytes, value: bytes | None) -> bytes | None:
        """A value as a run has it."""
        if value is None or len(value) < _LONG or len(first := self._of_first(key) or b"") < _BASE:
            return value
        differs = difference(value, first)
        return _Differs(differs) if len(differs) < len(value) // 2 else value

    def _whole(self, key: bytes, value: _Value) -> _Value:
        return restored(value, self._of_first(key) or b"") if isinstance(value, _Differs) else value

    def _of_first(self, key: bytes) -> bytes | None:
        place = self._place(0, key)
        return (self._block(0, place).get(key) or None) if place is not None else None

    def entries(self, prefix: bytes = b"", behind: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """All whose keys begin so, in their order, from behind a key on. The map must not be changed meanwhile."""
        every = [self.of_run(run, prefix, behind) for run, *_ in self.runs]
        for key, value in _latest(every):
            if (whole := self._whole(key, value)) is not None:
                yield key, whole

    def of_run(self, run: int, prefix: bytes = b"", behind: bytes = b"") -> Iterator["_Tagged"]:
        """As `entries`, of one run, with what is gone, and values as it has them; each with how old the run is."""
        start = max(prefix, behind)
        [(first, last)] = [(first, last) for number, first, last, _ in self.runs if number == run]
        place = self._place(run, start)
        for at in range(first if place is None else place, last):
            for key, value in self._block(run, at).entries():
                if key > behind and key >= prefix:
                    if not key.startswith(prefix):
                        return
                    yield key, -run, value

    def _may_have(self, run: int, parts: int, digest: int) -> bool:
        part, *bits = _places_of(digest, parts)
        held = self._filters.get((run, part))
        if held is None:
            query = "SELECT bits FROM map_filters WHERE run=? AND part=?"
            found: Any = self._db.execute(query, (run, part)).fetchone()
            if len(self._filters) >= _KEPT:
                self._filters.clear()
            held = self._filters[run, part] = found[0]
        size = len(held) * 8
        return all(held[(bit := at % size) >> 3] >> (bit & 7) & 1 for at in bits)

    def _place(self, run: int, key: bytes) -> int | None:
        # Who asks in the order of keys finds the next in the block of the last.
        held = self._last.get(run)
        if held and held[1].reaches(key):
            return held[0]
        query = "SELECT place FROM map_firsts WHERE run=? AND first<=? ORDER BY first DESC LIMIT 1"
        found: Any = self._db.execute(query, (run, key)).fetchone()
        return int(found[0]) if found else None

    def _block(self, run: int, place: int) -> "_Block":
        held = self._last.get(run)
        if held is None or held[0] != place:
            found: Any = self._db.execute("SELECT block FROM map_blocks WHERE place=?", (place,)).fetchone()
            held = self._last[run] = place, _Block(found[0])
        return held[1]


_Tagged = tuple[bytes, int, bytes | None]


def _latest(runs: Iterable[Iterator[_Tagged]]) -> Iterator[tuple[bytes, bytes | None]]:
    """Each key once, with what the newest of them says."""
    last = None
    for key, _, value in heapq.merge(*runs, key=itemgetter(0, 1)):
        if key != last:
            last = key
            yield key, value


def _digest(key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(key, digest_size=16).digest(), "little")


def _places_of(digest: int, parts: int) -> Iterator[int]:
    """The part that tells of a key, and numbers for its bits."""
    yield (digest & 0xFFFF_FFFF) % parts
    for _ in range(_SET):
        digest >>= 24
        yield digest & 0xFF_FFFF


def _filters(keys: Iterable[bytes], parts: int, count: int) -> list[bytes]:
    size = count * _BITS // (8 * parts) + 1
    found = [bytearray(size) for _ in range(parts)]
    for key in keys:
        part, *bits = _places_of(_digest(key), parts)
        for at in bits:
            bit = at % (size * 8)
            found[part][bit >> 3] |= 1 << (bit & 7)
    return list(map(bytes, found))


@functools.lru_cache(maxsize=16)
def _filters_of(file: str) -> dict[tuple[int, int], bytes]:
    """What was read of the filters of a file; each question opens the file anew."""
    return {}


class _Block:
    """Of one entry no other is cut out."""

    def __init__(self, packed: bytes) -> None:
        said = _DECODER.decode(zstd.decompress(packed))
        self._prefix, self._lengths, self._sizes, self._keys, self._values = said

    @functools.cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(self._lengths))

    @functools.cached_property
    def _begins(self) -> list[int]:
        """Where values begin."""
        return list(accumulate(map(_length, self._sizes), initial=0))

    def _key(self, at: int) -> bytes:
        return self._keys[self._ends[at] - self._lengths[at] : self._ends[at]]

    def reaches(self, key: bytes) -> bool:
        """Does a key lie between its first and its last one?"""
        rest = key[len(self._prefix) :]
        return key.startswith(self._prefix) and self._key(0) <= rest <= self._key(-1)

    def get(self, key: bytes) -> bytes | Literal[False] | None:
        """None where it is gone, False where nothing is said of it."""
        if not key.startswith(self._prefix):
            return False
        rest = key[len(self._prefix) :]
        at = bisect_left(range(len(self._lengths)), rest, key=self._key)
        if at == len(self._lengths) or self._key(at) != rest:
            return False
        return _cut(self._values, self._begins[at], self._sizes[at])

    def entries(self) -> Iterator[tuple[bytes, bytes | None]]:
        at = value = 0
        for length, size in zip(self._lengths, self._sizes, strict=True):
            yield self._prefix + self._keys[at : at + length], _cut(self._values, value, size)
            at += length
            value += _length(size)


def _length(size: int) -> int:
    return size if size >= 0 else _GONE - 1 - size if size < _GONE else 0


def _cut(values: bytes, begin: int, size: int) -> _Value:
    if size == _GONE:
        return None
    found = values[begin : begin + _length(size)]
    return found if size >= 0 else _Differs(found)
