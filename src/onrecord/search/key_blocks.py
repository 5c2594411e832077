# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which numbers a key leads to, for hundreds of millions of keys: sorted, in blocks, without what a block's keys share.

A block is of one of two forms, whichever is smaller, and begins with the width of a key. Of keys that have nothing to
do with each other each is so many bits beyond the first, with its number behind it. Where keys and numbers go on from
each other (codes that were given in turn), the steps between them are packed. Keys of a scheme have one width. Blocks
lie in the order of schemes and keys; nothing in them is changed, so that what comes later lies elsewhere
(`row_filling`).
"""

import hashlib
import itertools
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import apsw
import msgspec

from onrecord.search.codes import Key
from onrecord.search.sorted_records import SortedRecords

if TYPE_CHECKING:  # loaded where it is needed: every command starts with this module
    from numpy.typing import NDArray

TABLES: Final = """
CREATE TABLE key_blocks (place INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE key_firsts (scheme INT, first BLOB, place INT, PRIMARY KEY (scheme, first, place)) WITHOUT ROWID;
"""
#: Keys of a block: a look-up reads one.
_BLOCK: Final = 128
_NUMBER: Final = 4
#: More bytes than these of a UUID or a digest are not kept: as many tell canonical ids apart.
_WIDEST: Final = 10
#: What is added to the width of keys that are steps, which keys that are numbers may be.
_STEPS, _AS_STEPS = 0x80, 8
#: Deflate alone: of some hundred bytes it leaves less than zstd, and is five times as quick to read.
_LEVEL, _WINDOW = 9, -15
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(tuple[list[int], list[int]])

_Records: TypeAlias = "NDArray[Any]"


def key_bytes(key: Key) -> bytes:
    """A key as bytes: a number as those that sort as it does, of very many a digest."""
    if isinstance(key, int):
        return key.to_bytes(8, "big")
    return key if len(key) <= _WIDEST else hashlib.blake2b(key, digest_size=_WIDEST).digest()


def number_bytes(number: int) -> bytes:
    """What stands behind a key in a record, as `KeyWriter` has them."""
    return number.to_bytes(_NUMBER, "big")


class KeyWriter:
    """Takes keys in any order, and writes them into an empty file's tables when all are there."""

    def __init__(self, folder: Path) -> None:
        """What does not fit into memory lies in nameless files in `folder` meanwhile."""
        self._folder = folder
        self._schemes: dict[int, SortedRecords] = {}

    def add(self, scheme: int, key: bytes, number: int) -> None:
        self.add_records(scheme, len(key) + _NUMBER, key + number_bytes(number))

    def add_records(self, scheme: int, width: int, records: bytes) -> None:
        """Any number of them, each so wide."""
        held = self._schemes.get(scheme)
        if held is None:
            held = self._schemes[scheme] = SortedRecords(self._folder, width)
        held.add(records)

    def write(self, db: apsw.Connection) -> int:
        """Gives how many keys there are: one that came twice with a number is one."""
        place = count = 0
        for scheme, held in sorted(self._schemes.items()):
            for records in _blocks(held):
                block = _packed(records, held.width - _NUMBER)
                db.execute("INSERT INTO key_blocks VALUES (?,?)", (place, block))
                db.execute("INSERT INTO key_firsts VALUES (?,?,?)", (scheme, records[0][:-_NUMBER], place))
                place += 1
                count += len(records)
        return count


class KeyBlocks:
    """The keys of an open file, for one question. The last block of each scheme is remembered: who asks in the order of
    keys finds the next in it."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._last: dict[int, tuple[int, bytes, bytes, bytes]] = {}

    def numbers(self, scheme: int, key: bytes) -> Iterator[int]:
        """Numbers behind a key, in their order."""
        held = self._block(scheme, key)
        while held is not None:
            place, block = held
            numbers, at_end = _found(block, key)
            yield from numbers
            # A key with many numbers goes on in the next block, where that begins with it.
            following = (scheme, key, place + 1)
            held = self._db.execute(_NEXT_BLOCK, following).fetchone() if at_end else None

    def _block(self, scheme: int, key: bytes) -> tuple[int, bytes] | None:
        place, block, first, last = self._last.get(scheme, (0, b"", b"", b""))
        if first < key <= last:
            return place, block
        found: Any = self._db.execute(_BLOCK_OF, (scheme, key, scheme, key)).fetchone()
        if found is not None and not found[1][0] & _STEPS:
            self._last[scheme] = (*found, *_Bits(found[1]).ends())
        return found  # type: ignore[no-any-return]


#: The last block that begins before a key, or the first that begins with it.
_BLOCK_OF: Final = """
SELECT place, block FROM key_blocks WHERE place = coalesce(
  (SELECT place FROM key_firsts WHERE scheme=? AND first<? ORDER BY first DESC, place DESC LIMIT 1),
  (SELECT min(place) FROM key_firsts WHERE scheme=? AND first=?)
)
"""
_NEXT_BLOCK: Final = """
SELECT b.place, b.block FROM key_firsts f JOIN key_blocks b ON b.place = f.place
WHERE f.scheme=? AND f.first=? AND f.place=?
"""


def arrays_of(db: apsw.Connection, scheme: int, blocks: int = 1_000) -> Iterator[tuple[_Records, _Records]]:
    """All keys of a scheme, each as a row of bytes, with their numbers: many blocks at a time."""
    import numpy as np

    query = "SELECT b.block FROM key_firsts f JOIN key_blocks b ON b.place = f.place WHERE f.scheme=?"
    cursor = db.execute(query, (scheme,))
    while some := list(itertools.islice(cursor, blocks)):
        yield tuple(
            np.concatenate(parts) for parts in zip(*(_arrays(block) for (block,) in some), strict=True)
        )  # type: ignore[misc]


def _blocks(records: SortedRecords) -> Iterator[list[bytes]]:
    """All records, each once, in their order, as many as a block has at a time."""
    left: list[bytes] = []
    for part in records.parts():
        # numpy leaves out zeros at the end of what it gives as bytes.
        whole = part.tobytes()
        some = left + [whole[at : at + records.width] for at in range(0, len(whole), records.width)]
        full = len(some) - len(some) % _BLOCK
        for at in range(0, full, _BLOCK):
            yield some[at : at + _BLOCK]
        left = some[full:]
    if left:
        yield left


def _packed(records: list[bytes], width: int) -> bytes:
    keys = [int.from_bytes(record[:width], "big") for record in records]
    numbers = [int.from_bytes(record[width:], "big") for record in records]
    beyond, least = (keys[-1] - keys[0]).bit_length(), min(numbers)
    of_number = (max(numbers) - least).bit_length()
    bits, whole = beyond + of_number, 0
    for key, number in zip(reversed(keys), reversed(numbers), strict=True):
        whole = whole << bits | key - keys[0] << of_number | number - least
    head = bytes((width, beyond, of_number)) + len(keys).to_bytes(2, "big")
    head += records[0][:width] + least.to_bytes(_NUMBER, "big")
    packed = head + whole.to_bytes(bits * len(keys) + 7 >> 3, "little")
    if width > _AS_STEPS:
        return packed
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW)
    steps = deflate.compress(_ENCODER.encode((_steps(keys), _steps(numbers)))) + deflate.flush()
    return min(packed, bytes((width | _STEPS,)) + steps, key=len)


def _steps(values: list[int]) -> list[int]:
    return [values[0], *(later - value for value, later in itertools.pairwise(values))]


class _Bits:
    """A block of the first form."""

    def __init__(self, block: bytes) -> None:
        self.width, self.beyond, self.of_number = block[:3]
        self.count = int.from_bytes(block[3:5], "big")
        self._bits = self.beyond + self.of_number
        self._block, self._start = block, 5 + self.width + _NUMBER
        self.first = int.from_bytes(block[5 : 5 + self.width], "big")
        self._least = int.from_bytes(block[5 + self.width : self._start], "big")

    def ends(self) -> tuple[bytes, bytes]:
        """The first and the last key."""
        last = self.first + self.at(self.count - 1)[0]
        return self.first.to_bytes(self.width, "big"), last.to_bytes(self.width, "big")

    def at(self, place: int) -> tuple[int, int]:
        """How far a key lies beyond the first, and its number."""
        begin, shift = divmod(place * self._bits, 8)
        some = self._block[self._start + begin : self._start + begin + (self._bits + shift + 7 >> 3)]
        found = int.from_bytes(some, "little") >> shift & (1 << self._bits) - 1
        return found >> self.of_number, self._least + (found & (1 << self.of_number) - 1)


def _listed(block: bytes) -> tuple[int, list[int], list[int]]:
    """How wide keys are, all of them, and their numbers."""
    if block[0] & _STEPS:
        keys, numbers = _unpacked(block)
        return block[0] & ~_STEPS, list(itertools.accumulate(keys)), list(itertools.accumulate(numbers))
    held = _Bits(block)
    keys, numbers = (list(each) for each in zip(*map(held.at, range(held.count)), strict=True))
    return held.width, [held.first + key for key in keys], numbers


def _arrays(block: Any) -> tuple[_Records, _Records]:
    width, keys, numbers = _listed(block)
    import numpy as np

    whole = b"".join(key.to_bytes(width, "big") for key in keys)
    return np.frombuffer(whole, np.uint8).reshape(-1, width), np.array(numbers, np.int64)


def _found(block: bytes, key: bytes) -> tuple[list[int], bool]:
    """The numbers of a key, and whether nothing lies behind where it is, or would be."""
    if len(key) != block[0] & ~_STEPS:
        return [], False
    wanted = int.from_bytes(key, "big")
    if block[0] & _STEPS:
        steps, numbers = _unpacked(block)
        keys = list(itertools.accumulate(steps))
        begin, end = bisect_left(keys, wanted), bisect_right(keys, wanted)
        return list(itertools.accumulate(numbers[:end]))[begin:], end == len(keys)
    held = _Bits(block)
    wanted -= held.first
    low, high = 0, held.count
    while low < high:
        middle = (low + high) // 2
        if held.at(middle)[0] < wanted:
            low = middle + 1
        else:
            high = middle
    found = []
    while low < held.count and (here := held.at(low))[0] == wanted:
        found.append(here[1])
        low += 1
    return found, low == held.count


def _unpacked(block: bytes) -> tuple[list[int], list[int]]:
    """The steps of keys and of numbers."""
    return _DECODER.decode(zlib.decompress(block[1:], _WINDOW))
