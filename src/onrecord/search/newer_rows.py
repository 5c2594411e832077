# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where rows lie that were written after the blocks of a file, or again: behind these blocks, in runs, one a change.

A run says of the numbers that it wrote, thousands at a time, which they are and where their rows lie. What a newer run
says of a number counts. A run never changes, and many become one: what readers have taken of it stays true.
"""

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import apsw
import numpy as np
from numpy.typing import NDArray

from onrecord.search.row_blocks import BEHIND

TABLES: Final = """
CREATE TABLE newer (run INT, chunk INT, first INT, places BLOB, PRIMARY KEY (run, chunk)) WITHOUT ROWID;
"""
#: The place of what is gone: no block has it.
GONE: Final = -1
#: So many bits of a number are told within a chunk.
_BITS: Final = 16
#: With more runs than this they become one.
_MOST: Final = 6
#: Chunks that are kept in memory: of a run of millions each is some hundred bytes.
_KEPT: Final = 20_000


class Newer:
    """The runs of an open file, as they were when it was opened."""

    def __init__(self, db: apsw.Connection, file: str, runs: range) -> None:
        """`file` is another one for each file (`cache_files.told_apart`): what is read is kept under it."""
        self._db = db
        self._kept = _kept(file)
        self._runs = runs[::-1]

    def place(self, number: int) -> int:
        """Where the row of a number lies; the number itself where that is in the blocks of old, or nowhere."""
        chunk, low = number >> _BITS, number & (1 << _BITS) - 1
        for run in self._runs:
            found = self._kept.get((run, chunk), _UNREAD)
            if found is _UNREAD:
                found = self._read(run, chunk)
            if found is not None:
                numbers, places = found
                at = bisect_left(numbers, low)
                if at < len(numbers) and numbers[at] == low:
                    return int(places[at])
        return number

    def every(self) -> dict[int, int]:
        """All numbers that runs have, with their places."""
        found: dict[int, int] = {}
        query = "SELECT chunk, first, places FROM newer WHERE run=? ORDER BY chunk"
        for run in reversed(self._runs):
            rows: Any = self._db.execute(query, (run,))
            for chunk, first, packed in rows:
                numbers, places = _unpacked(chunk, first, packed)
                found.update(zip(numbers.tolist(), places.tolist(), strict=True))
        return found

    def _read(self, run: int, chunk: int) -> Any:
        query = "SELECT first, places FROM newer WHERE run=? AND chunk=?"
        found: Any = self._db.execute(query, (run, chunk)).fetchone()
        if found:
            numbers, places = _unpacked(0, *found)
            found = array("H", numbers.astype(np.uint16).tobytes()), array("q", places.tobytes())
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[run, chunk] = found
        return found


def add_run(db: apsw.Connection, runs: range, places: Mapping[int, int]) -> range:
    """Say of numbers where their rows lie now; of too many runs one is made. Gives the runs that count from then on."""
    # Those that became one were left to whoever read them.
    db.execute("DELETE FROM newer WHERE run < ?", (runs.start,))
    if len(runs) < _MOST:
        _write(db, runs.stop, places)
        return range(runs.start, runs.stop + 1)
    _write(db, runs.stop, {**Newer(db, "", runs).every(), **places})
    return range(runs.stop, runs.stop + 1)


def _write(db: apsw.Connection, run: int, places: Mapping[int, int]) -> None:
    numbers = np.fromiter(places.keys(), np.int64, len(places))
    lie = np.fromiter(places.values(), np.int64, len(places))
    order = np.argsort(numbers)
    numbers, lie = numbers[order], lie[order]
    chunks, begins = np.unique(numbers >> _BITS, return_index=True)
    for chunk, begin, end in zip(chunks.tolist(), begins, [*begins[1:], len(numbers)], strict=True):
        packed = _packed(numbers[begin:end], lie[begin:end])
        db.execute("INSERT INTO newer VALUES (?,?,?,?)", (run, chunk, *packed))


_Numbers = NDArray[np.int64]


def _packed(numbers: _Numbers, places: _Numbers) -> tuple[int, bytes]:
    """Steps between them: most are small. No two rows have one place, so that a step of nothing is what is gone."""
    lies = np.maximum.accumulate(np.where(places == GONE, 0, np.arange(len(places)) + 1)) - 1
    first = int(places[places != GONE].min()) if (places != GONE).any() else BEHIND
    running = np.where(lies < 0, first - 1, places[lies])
    steps = np.diff(numbers, prepend=numbers[:1] >> _BITS << _BITS), np.diff(running, prepend=first - 1)
    return first, zlib.compress(b"".join(step.astype(np.int64).tobytes() for step in steps))


def _unpacked(chunk: int, first: int, packed: bytes) -> tuple[_Numbers, _Numbers]:
    numbers, places = np.frombuffer(zlib.decompress(packed), np.int64).reshape(2, -1)
    lie = np.cumsum(places) + (first - 1)
    return np.cumsum(numbers) + (chunk << _BITS), np.where(places == 0, GONE, lie)


_UNREAD: Final = object()


@lru_cache(maxsize=16)
def _kept(file: str) -> dict[tuple[int, int], Any]:
    """What was read of the runs of a file; each question opens the file anew."""
    return {}
