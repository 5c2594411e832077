# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which numbers a key leads to, for hundreds of millions of keys: sorted, in blocks, without what a block's keys share.

A block is a head (the width of a key, how many bytes of it all share, the width of a number), what they share, and
then each key's rest with its number behind it, all big-endian. Keys of a scheme have one width. Blocks lie in the order
of schemes and keys; nothing in them is changed, so that what comes later lies elsewhere (`row_filling`).
"""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import apsw
import numpy as np
from numpy.typing import NDArray

from onrecord.search.codes import Key

TABLES: Final = """
CREATE TABLE key_blocks (place INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE key_firsts (scheme INT, first BLOB, place INT, PRIMARY KEY (scheme, first, place)) WITHOUT ROWID;
"""
#: Keys of a block: a look-up reads one.
_BLOCK: Final = 128
#: Keys that are sorted in memory at a time.
_RUN: Final = 2_000_000
_NUMBER: Final = 4

_Records = NDArray[Any]


def key_bytes(key: Key) -> bytes:
    """A key as bytes that sort as it does."""
    return key if isinstance(key, bytes) else key.to_bytes(8, "big")


class KeyWriter:
    """Takes keys in any order, and writes them into an empty file's tables when all are there."""

    def __init__(self, folder: Path) -> None:
        """What does not fit into memory lies in a nameless file in `folder` meanwhile."""
        self._folder = folder
        self._schemes: dict[int, _Runs] = {}

    def add(self, scheme: int, key: bytes, number: int) -> None:
        runs = self._schemes.get(scheme)
        if runs is None:
            runs = self._schemes[scheme] = _Runs(self._folder, len(key) + _NUMBER)
        runs.add(key + number.to_bytes(_NUMBER, "big"))

    def write(self, db: apsw.Connection) -> int:
        """Gives how many keys there are: one that came twice with a number is one."""
        place = count = 0
        for scheme, runs in sorted(self._schemes.items()):
            for records in runs.blocks():
                block = _packed(records, runs.width - _NUMBER)
                db.execute("INSERT INTO key_blocks VALUES (?,?)", (place, block))
                db.execute("INSERT INTO key_firsts VALUES (?,?,?)", (scheme, records[0][:-_NUMBER], place))
                place += 1
                count += len(records)
        return count


def numbers_of(db: apsw.Connection, scheme: int, key: bytes) -> Iterator[int]:
    """Numbers behind a key, in their order."""
    query = "SELECT place FROM key_firsts WHERE scheme=? AND first<? ORDER BY first DESC, place DESC LIMIT 1"
    found: Any = db.execute(query, (scheme, key)).fetchone()
    if found is None:
        query = "SELECT min(place) FROM key_firsts WHERE scheme=? AND first=?"
        found = db.execute(query, (scheme, key)).fetchone()
    place = found[0]
    while place is not None:
        block: Any = db.execute("SELECT block FROM key_blocks WHERE place=?", (place,)).fetchone()
        if block is None:
            return
        yield from _found(block[0], key)
        # A key with many numbers goes on in the next block, where that begins with it.
        place += 1
        query = "SELECT 1 FROM key_firsts WHERE scheme=? AND first=? AND place=?"
        if db.execute(query, (scheme, key, place)).fetchone() is None:
            return


def arrays_of(db: apsw.Connection, scheme: int, blocks: int = 1_000) -> Iterator[tuple[_Records, _Records]]:
    """All keys of a scheme, each as a row of bytes, with their numbers: many blocks at a time."""
    query = "SELECT b.block FROM key_firsts f JOIN key_blocks b ON b.place = f.place WHERE f.scheme=?"
    cursor = db.execute(query, (scheme,))
    while some := list(itertools.islice(cursor, blocks)):
        yield tuple(
            np.concatenate(parts) for parts in zip(*(_arrays(block) for (block,) in some), strict=True)
        )  # type: ignore[misc]


class _Runs:
    """The keys of one scheme, sorted piece by piece, and then all of them."""

    def __init__(self, folder: Path, width: int) -> None:
        self.width = width
        self._folder = folder
        self._kept: IO[bytes] | None = None
        self._runs: list[int] = []
        self._fresh: list[bytes] = []

    def add(self, record: bytes) -> None:
        self._fresh.append(record)
        if len(self._fresh) == _RUN:
            if self._kept is None:
                self._kept = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed when all was read
            self._kept.write(self._sorted().tobytes())
            self._runs.append(_RUN)

    def blocks(self) -> Iterator[list[bytes]]:
        """All records, each once, in their order, as many as a block has at a time."""
        left: list[bytes] = []
        for part in self._parts():
            # numpy leaves out zeros at the end of what it gives as bytes.
            whole = part.tobytes()
            records = left + [whole[at : at + self.width] for at in range(0, len(whole), self.width)]
            full = len(records) - len(records) % _BLOCK
            for at in range(0, full, _BLOCK):
                yield records[at : at + _BLOCK]
            left = records[full:]
        if left:
            yield left

    def _parts(self) -> Iterator[_Records]:
        last = self._sorted()
        if self._kept is None:
            yield _once(last)
            return
        self._kept.flush()
        runs, at = list[Any](), 0
        for length in self._runs:
            runs.append(np.memmap(self._kept, f"S{self.width}", "r", offset=at * self.width, shape=(length,)))
            at += length
        runs.append(last)
        # Cut where parts of one size are expected, so that only one of them is in memory.
        sample = np.sort(np.concatenate([run[:: _RUN // 1000 or 1] for run in runs]))
        cuts = sample[:: max(len(sample) // (len(runs) or 1), 1)][1:]
        begins = [0] * len(runs)
        for cut in [*cuts, None]:
            ends = [len(run) if cut is None else int(np.searchsorted(run, cut)) for run in runs]
            pieces = [np.asarray(run[a:b]) for run, a, b in zip(runs, begins, ends, strict=True)]
            begins = ends
            yield _once(np.sort(np.concatenate(pieces)))
        self._kept.close()

    def _sorted(self) -> _Records:
        records = np.frombuffer(b"".join(self._fresh), dtype=f"S{self.width}")
        self._fresh = []
        return np.sort(records)


def _once(records: _Records) -> _Records:
    if len(records) < 2:
        return records
    differs: NDArray[np.bool_] = np.concatenate([[True], records[1:] != records[:-1]])
    return np.asarray(records[differs])


def _packed(records: list[bytes], width: int) -> bytes:
    first, last = records[0][:width], records[-1][:width]
    shared = next((at for at in range(width) if first[at] != last[at]), width)
    return bytes((width, shared, _NUMBER)) + first[:shared] + b"".join(one[shared:] for one in records)


def _arrays(block: Any) -> tuple[_Records, _Records]:
    width, shared, number = block[:3]
    rest = np.frombuffer(block, np.uint8, offset=3 + shared).reshape(-1, width - shared + number)
    keys = np.empty((len(rest), width), np.uint8)
    keys[:, :shared] = np.frombuffer(block, np.uint8, shared, 3)
    keys[:, shared:] = rest[:, : width - shared]
    return keys, np.ascontiguousarray(rest[:, -number:]).view(f">u{number}")[:, 0]


def _found(block: bytes, key: bytes) -> list[int]:
    width, shared, number = block[:3]
    if len(key) != width or block[3 : 3 + shared] != key[:shared]:
        return []
    rest, start, step = key[shared:], 3 + shared, width - shared + number
    low, high = 0, (len(block) - start) // step
    count = high
    while low < high:
        middle = (low + high) // 2
        at = start + middle * step
        if block[at : at + len(rest)] < rest:
            low = middle + 1
        else:
            high = middle
    found = []
    while low < count and block[(at := start + low * step) : at + len(rest)] == rest:
        found.append(int.from_bytes(block[at + len(rest) : at + step], "big"))
        low += 1
    return found
