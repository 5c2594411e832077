# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows in blocks: some dozens whose numbers follow each other, column by column, packed with a dictionary of a kind.

Things that came together lie together, so that most of what a row says, the one before it has said. What a block says
`row_payload` makes. A block is the number of its dictionary (0 for none), how many bytes lie beside what is packed,
these, and what is packed.
"""

import functools
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

import apsw
from msgspec import Struct

from onrecord.search import told_rows
from onrecord.search.differences import difference, restored
from onrecord.search.row_payload import Block as Reading
from onrecord.search.row_payload import pack_block
from onrecord.search.stored_rows import Head, Stored, head_of, is_long, pack_row, unpack_row, without_page
from onrecord.search.told_rows import Teller, Told, ToldRows

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TABLES: Final = """
CREATE TABLE blocks (place INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE long_rows (number INTEGER PRIMARY KEY, row BLOB);
CREATE TABLE dictionaries (number INTEGER PRIMARY KEY, dictionary BLOB, kind TEXT);
"""
#: Blocks that came behind these, and what lies beside them; `base` names a row of `long_rows`. Rows that were in the
#: blocks before are told by what is other.
CHANGES: Final = (
    """
CREATE TABLE newer_blocks (place INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE newer_long_rows (number INTEGER PRIMARY KEY, row BLOB, base INT);
"""
    + told_rows.CHANGES
)
#: Places of rows that lie behind the blocks, below those that are told; a number is its own place in the blocks.
BEHIND: Final = 1 << 40
#: Numbers of a block.
ROWS: Final = 64
_LEVEL: Final = 12
#: So many blocks are looked at to make a dictionary, and with fewer than this there is none.
_SAMPLES, _FEWEST = 2_000, 300
_DICTIONARY: Final = 64 * 1024

#: Bytes of a block in which stands how many lie beside what is packed; what zstd begins everything with, which a block
#: does without.
_BESIDE: Final = 3
_MAGIC: Final = b"\x28\xb5\x2f\xfd"
#: The number of its dictionary stands in the block.
_PACKING: Final[dict[int, int]] = {
    zstd.CompressionParameter.compression_level: _LEVEL,
    zstd.CompressionParameter.dict_id_flag: 0,
}


class Dictionary(Struct, frozen=True):
    """What blocks of a kind are packed with, from some place on."""

    kind: str
    number: int
    content: bytes


class Block(Struct, frozen=True):
    """What a place holds: packed, or as it is to be packed with what lies beside that."""

    place: int
    kind: str
    block: bytes
    payload: bytes
    beside: bytes


def payload(place: int, rows: Sequence[tuple[int, Stored]]) -> Block:
    """Rows with their places in a block, to be packed; what `pack_long` took is not in them."""
    return Block(place, rows[0][1].kind, b"", *pack_block(rows, ROWS))


def packed(block: Block, dictionary: Dictionary | None) -> Block:
    """A block packed, where a dictionary is told that is for its kind."""
    if dictionary is None or dictionary.kind != block.kind:
        return block
    made = _compressed(block.payload, block.beside, dictionary.number, _digested(dictionary.content))
    return Block(block.place, block.kind, made, b"", b"")


def pack_long(row: Stored) -> tuple[bytes, Stored] | None:
    """Of a row that lies beside the blocks, what lies there, and what the block has of it."""
    if not is_long(row):
        return None
    return zstd.compress(pack_row(row), _LEVEL), without_page(row)


class BlockWriter:
    """Takes rows and blocks in the order of their numbers, and writes them behind what a file has."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._place = -1
        self._rows: list[tuple[int, Stored]] = []
        self._kind = ""
        self._waiting: list[Block] | None = []
        #: What the blocks that come are packed with; None where that is not known yet.
        self.dictionary: Dictionary | None = None
        [(count,)] = db.execute("SELECT count(*) FROM dictionaries").fetchall()
        self._dictionaries = int(str(count))

    def add(self, number: int, row: Stored) -> None:
        place, offset = divmod(number, ROWS)
        if place < self._place or (place == self._place and (not self._rows or self._rows[-1][0] >= offset)):
            raise ValueError(f"expected rows in the order of their numbers, got {number}")
        if place != self._place:
            self._flush()
            self._place = place
        if found := pack_long(row):
            self.add_long(number, found[0])
            row = found[1]
        self._rows.append((offset, row))

    def add_long(self, number: int, row: bytes) -> None:
        self._db.execute("INSERT INTO long_rows VALUES (?,?)", (number, row))

    def add_block(self, block: Block) -> None:
        """One that no other row is in."""
        if block.place <= self._place:
            raise ValueError(f"expected blocks in the order of their places, got {block.place}")
        self._flush()
        self._place = block.place
        self._take(block)

    def finish(self) -> None:
        self._flush()
        self._settle()

    def _flush(self) -> None:
        if self._rows:
            rows, self._rows = self._rows, []
            self._take(payload(self._place, rows))

    def _take(self, block: Block) -> None:
        if block.kind != self._kind:
            self._settle()
            self._kind, self.dictionary, self._waiting = block.kind, None, []
        if self._waiting is None:
            self._write(block)
            return
        self._waiting.append(block)
        if len(self._waiting) == _SAMPLES:
            self._settle()

    def _settle(self) -> None:
        """Make a dictionary of what was gathered, and write that."""
        waiting, self._waiting = self._waiting or [], None
        if len(waiting) >= _FEWEST:
            made = zstd.train_dict([block.payload for block in waiting], _DICTIONARY)
            self._dictionaries += 1
            self.dictionary = Dictionary(self._kind, self._dictionaries, made.dict_content)
            said = self._dictionaries, made.dict_content, self._kind
            self._db.execute("INSERT INTO dictionaries VALUES (?,?,?)", said)
        for block in waiting:
            self._write(block)

    def _write(self, block: Block) -> None:
        made = (
            block.block
            or packed(block, self.dictionary).block
            or _compressed(block.payload, block.beside, 0, None)
        )
        self._db.execute("INSERT INTO blocks VALUES (?,?)", (block.place, made))


@functools.lru_cache(maxsize=2)
def _digested(content: bytes) -> Any:
    """A dictionary read once for all blocks, where else each would do it."""
    return zstd.ZstdDict(content).as_digested_dict


class BlockAdder:
    """Puts rows behind all blocks of a file, as many as come of a kind together, packed with the dictionaries that it
    has; those that the blocks had before as what is other."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        last: Any = db.execute("SELECT max(place) FROM newer_blocks").fetchone()
        self._place = (BEHIND // ROWS if last[0] is None else last[0]) + 1
        self._rows: list[tuple[int, Stored]] = []
        self._teller = Teller(db)
        found: Any = db.execute("SELECT kind, number, dictionary FROM dictionaries")
        self._dictionaries = {
            kind: (number, zstd.ZstdDict(content).as_digested_dict) for kind, number, content in found
        }

    def add(self, number: int, row: Stored, before: Stored | None = None) -> int:
        """Gives the place that stands for `number` in `Blocks`, one behind that of the row before where nothing comes
        between them. `before` is the row that the blocks have of it, if they do."""
        if before is not None and not is_long(before) and not is_long(row):
            return self._teller.add(number, row, before)
        if self._rows and (len(self._rows) == ROWS or row.kind != self._rows[0][1].kind):
            self._finish_block()
        offset = len(self._rows)
        if is_long(row):
            self._add_long(self._place * ROWS + offset, number, pack_row(row))
            row = without_page(row)
        self._rows.append((offset, row))
        return self._place * ROWS + offset

    def finish(self) -> None:
        self._finish_block()
        self._teller.finish()

    def _finish_block(self) -> None:
        if self._rows:
            payload, beside = pack_block(self._rows, ROWS)
            block = _compressed(payload, beside, *self._dictionaries.get(self._rows[0][1].kind, (0, None)))
            self._db.execute("INSERT INTO newer_blocks VALUES (?,?)", (self._place, block))
            self._rows, self._place = [], self._place + 1

    def _add_long(self, place: int, number: int, packed: bytes) -> None:
        """Of a row that was long before, what is other: of ten thousand things that it lists, some came and went."""
        found: Any = self._db.execute("SELECT row FROM long_rows WHERE number=?", (number,)).fetchone()
        made = zstd.compress(packed, _LEVEL)
        if found:
            differs = difference(packed, zstd.decompress(found[0]))
            if len(differs) < len(made):
                self._db.execute("INSERT INTO newer_long_rows VALUES (?,?,?)", (place, differs, number))
                return
        self._db.execute("INSERT INTO newer_long_rows VALUES (?,?,NULL)", (place, made))


def _compressed(payload: bytes, beside: bytes, number: int, dictionary: Any) -> bytes:
    packed = zstd.compress(payload, options=_PACKING, zstd_dict=dictionary)[len(_MAGIC) :]
    return bytes((number,)) + len(beside).to_bytes(_BESIDE, "big") + beside + packed


#: Blocks that are remembered: one of old, and one of each run that there may be.
_REMEMBERED: Final = 8
_PLACES: Final = "SELECT place FROM blocks ORDER BY place"


class Blocks:
    """Reads the blocks of a file, for one question. The last blocks that were asked for are remembered: who goes
    through numbers in their order finds them in the blocks of old, and here and there in those of a run behind."""

    def __init__(self, db: apsw.Connection, file: str) -> None:
        """`file` is another one for each file (`cache_files.told_apart`): its dictionaries are kept under it."""
        self._db = db
        self._file = file
        self._last: dict[int, Reading | None] = {}
        self._told = ToldRows(db)

    def row(self, number: int) -> Stored | None:
        if number >= told_rows.FIRST:
            told = self._told.at(number)
            return told.row(self._before(told))
        block = self._block(number // ROWS)
        values = block.row(number % ROWS) if block else None
        found = Stored(*values) if values else None
        return self._long(number) if found is not None and not found.facts else found

    def head(self, number: int) -> Head | None:
        if number >= told_rows.FIRST:
            told = self._told.at(number)
            before = self.head(told.number)
            return (before and told.head(before)) or head_of(told.row(self._before(told)))
        block = self._block(number // ROWS)
        values = block.head(number % ROWS) if block else None
        return Head(*values) if values else None

    def id(self, number: int) -> str | None:
        if number >= told_rows.FIRST:
            told = self._told.at(number)
            return told.row(self._before(told)).id if told.may_rename else self.id(told.number)
        block = self._block(number // ROWS)
        return block.id(number % ROWS) if block else None

    def _before(self, told: Told) -> Stored:
        before = self.row(told.number)
        assert before is not None  # it is in the blocks, which never change
        return before

    def numbers(self) -> Iterator[int]:
        """All that the blocks of old have, in their order."""
        for (place,) in self._db.execute(_PLACES):
            first = int(str(place)) * ROWS
            block = self._block(first // ROWS)
            yield from (first + offset for offset in (block.places if block else ()))

    def ids(self) -> Iterator[tuple[int, str]]:
        """The same with their ids."""
        for (place,) in self._db.execute(_PLACES):
            first = int(str(place)) * ROWS
            if block := self._block(first // ROWS):
                yield from zip((first + offset for offset in block.places), block.ids(), strict=True)

    def _block(self, place: int) -> Reading | None:
        if place not in self._last:
            if len(self._last) == _REMEMBERED:
                del self._last[next(iter(self._last))]
            self._last[place] = self._read(place)
        return self._last[place]

    def _read(self, place: int) -> Reading | None:
        table = "newer_blocks" if place >= BEHIND // ROWS else "blocks"
        found: Any = self._db.execute(f"SELECT block FROM {table} WHERE place=?", (place,)).fetchone()
        if found is None:
            return None
        block: bytes = found[0]
        end = 1 + _BESIDE + int.from_bytes(block[1 : 1 + _BESIDE], "big")
        dictionary = self._dictionary(block[0]) if block[0] else None
        payload = zstd.ZstdDecompressor(zstd_dict=dictionary).decompress(_MAGIC + block[end:])
        return Reading(payload, block[1 + _BESIDE : end])

    def _dictionary(self, number: int) -> Any:
        known = _dictionaries(self._file)
        if number not in known:
            query = "SELECT dictionary FROM dictionaries WHERE number=?"
            [(content,)] = self._db.execute(query, (number,)).fetchall()
            known[number] = zstd.ZstdDict(content)  # type: ignore[arg-type]
        return known[number]

    def _long(self, number: int) -> Stored | None:
        packed = self._unpacked(number)
        return unpack_row(packed) if packed else None

    def _unpacked(self, number: int) -> bytes | None:
        of_old = "SELECT row, NULL FROM long_rows WHERE number=?"
        query = "SELECT row, base FROM newer_long_rows WHERE number=?" if number >= BEHIND else of_old
        found: Any = self._db.execute(query, (number,)).fetchone()
        if found is None:
            return None
        row, base = found
        if base is None:
            return zstd.decompress(row)
        return restored(row, self._unpacked(base) or b"")


@functools.lru_cache(maxsize=16)
def _dictionaries(file: str) -> dict[int, Any]:
    """The dictionaries of a file, ready to be used; each question opens the file anew."""
    return {}
