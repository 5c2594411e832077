# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A map of bytes to bytes in SQLite for tens of millions of short entries: sorted, in packed blocks that never change.

What came after the blocks, and what is another since, lies beside them in a plain table that is asked first.
"""

import sys
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Final

import apsw
import msgspec

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TABLES: Final = """
CREATE TABLE map_blocks (place INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE map_firsts (first BLOB PRIMARY KEY, place INT) WITHOUT ROWID;
CREATE TABLE map_newer (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID;
"""
#: Entries and bytes of a block, whichever is reached first: a look-up reads one.
_ENTRIES, _BYTES = 256, 16_384
_LEVEL: Final = 9
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(tuple[bytes, list[int], list[int], bytes, bytes])


class MapWriter:
    """Takes entries in the order of their keys, and writes them into an empty file's tables."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._place = 0
        self._keys: list[bytes] = []
        self._values: list[bytes] = []
        self._size = 0
        self._last = b""

    def add(self, key: bytes, value: bytes) -> None:
        if key <= self._last:
            raise ValueError(f"expected things in order, got {key!r} behind {self._last!r}")
        self._last = key
        self._keys.append(key)
        self._values.append(value)
        self._size += len(key) + len(value)
        if len(self._keys) == _ENTRIES or self._size >= _BYTES:
            self.finish()

    def finish(self) -> None:
        if not self._keys:
            return
        keys, values, first = self._keys, self._values, self._keys[0]
        shared = next(
            (at for at, two in enumerate(zip(first, keys[-1], strict=False)) if two[0] != two[1]), None
        )
        prefix = first[: min(len(first), len(keys[-1])) if shared is None else shared]
        rest = [key[len(prefix) :] for key in keys]
        lengths = [list(map(len, each)) for each in (rest, values)]
        packed = _ENCODER.encode((prefix, *lengths, b"".join(rest), b"".join(values)))
        self._db.execute("INSERT INTO map_blocks VALUES (?,?)", (self._place, zstd.compress(packed, _LEVEL)))
        self._db.execute("INSERT INTO map_firsts VALUES (?,?)", (first, self._place))
        self._keys, self._values, self._size, self._place = [], [], 0, self._place + 1


class SortedMap:
    """The map of an open file. The last block that was asked for is remembered."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._last = -1, _Block(None)

    def get(self, key: bytes) -> bytes | None:
        newer: Any = self._db.execute("SELECT value FROM map_newer WHERE key=?", (key,)).fetchone()
        if newer is not None:
            return newer[0]  # type: ignore[no-any-return]
        place = self._place(key)
        return None if place is None else self._block(place).get(key)

    def put(self, key: bytes, value: bytes | None) -> None:
        """None takes the key out."""
        self._db.execute("INSERT OR REPLACE INTO map_newer VALUES (?,?)", (key, value))

    def entries(self, prefix: bytes = b"", behind: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """All whose keys begin so, in their order, from behind a key on. The map must not be changed meanwhile."""
        newer = self._newer(prefix, behind)
        fresh = next(newer, None)
        for key, value in self._packed(prefix, behind):
            while fresh is not None and fresh[0] < key:
                if fresh[1] is not None:
                    yield fresh[0], fresh[1]
                fresh = next(newer, None)
            if fresh is not None and fresh[0] == key:
                if fresh[1] is not None:
                    yield key, fresh[1]
                fresh = next(newer, None)
            else:
                yield key, value
        while fresh is not None:
            if fresh[1] is not None:
                yield fresh[0], fresh[1]
            fresh = next(newer, None)

    def _newer(self, prefix: bytes, behind: bytes) -> Iterator[tuple[bytes, bytes | None]]:
        query = "SELECT key, value FROM map_newer WHERE key>=? ORDER BY key"
        found: Any = self._db.execute(query, (max(prefix, behind),))
        for key, value in found:
            if not key.startswith(prefix):
                return
            if key > behind:
                yield key, value

    def _packed(self, prefix: bytes, behind: bytes) -> Iterator[tuple[bytes, bytes]]:
        start = max(prefix, behind)
        place = self._place(start)
        if place is None:
            place = 0
        while block := self._block(place):
            for key, value in block.entries():
                if key > behind and key >= prefix:
                    if not key.startswith(prefix):
                        return
                    yield key, value
            place += 1

    def _place(self, key: bytes) -> int | None:
        query = "SELECT place FROM map_firsts WHERE first<=? ORDER BY first DESC LIMIT 1"
        found: Any = self._db.execute(query, (key,)).fetchone()
        return int(found[0]) if found else None

    def _block(self, place: int) -> "_Block":
        if self._last[0] != place:
            found: Any = self._db.execute("SELECT block FROM map_blocks WHERE place=?", (place,)).fetchone()
            self._last = place, _Block(found[0] if found else None)
        return self._last[1]


class _Block:
    """Of one entry no other is cut out; of no block there is none."""

    def __init__(self, packed: bytes | None) -> None:
        said = _DECODER.decode(zstd.decompress(packed)) if packed else (b"", [], [], b"", b"")
        self._prefix, self._lengths, self._sizes, self._keys, self._values = said

    def __len__(self) -> int:
        return len(self._lengths)

    def get(self, key: bytes) -> bytes | None:
        if not key.startswith(self._prefix):
            return None
        rest, lengths, ends = key[len(self._prefix) :], self._lengths, list(accumulate(self._lengths))

        def key_at(at: int) -> bytes:
            return self._keys[ends[at] - lengths[at] : ends[at]]

        at = bisect_left(range(len(ends)), rest, key=key_at)
        if at == len(ends) or key_at(at) != rest:
            return None
        begin = sum(self._sizes[:at])
        return self._values[begin : begin + self._sizes[at]]

    def entries(self) -> Iterator[tuple[bytes, bytes]]:
        keys = (self._prefix + key for key in _cut(self._keys, self._lengths))
        return zip(keys, _cut(self._values, self._sizes), strict=True)


def _cut(joined: bytes, lengths: list[int]) -> Iterator[bytes]:
    at = 0
    for length in lengths:
        yield joined[at : at + length]
        at += length
