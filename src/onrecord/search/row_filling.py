# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes rows and their text index: all of them the first time, and then only what is another than before.

The file of rows names its text index, so that both change hands at once. A change leaves the blocks as they are and
puts more behind them, in the file beside, in one transaction that also notes of which numbers the text index has to
hear; that note goes when it has. What a kill cuts short is done by the next run.
"""

import itertools
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec
from msgspec import Struct

from onrecord.search import cache_files, sorted_map
from onrecord.search.fold import indexed
from onrecord.search.key_blocks import KeyWriter
from onrecord.search.newer_rows import GONE, add_run
from onrecord.search.row_blocks import ROWS, BlockAdder, BlockWriter, Dictionary
from onrecord.search.row_making import Entry, Made, Totals, keys_of, make, stored
from onrecord.search.rows import CHANGES, SCHEMA, TABLES, Held, map_key, pack_numbers, unpack_numbers
from onrecord.search.stored_rows import Stored, pack_row
from onrecord.search.text import TextIndex, begin_document, end_document, leave_only

#: What blocks of the kind that is written are packed with, None where that is not known yet.
Known = Callable[[], Dictionary | None]

#: With more changes than this, and than a part of all, writing all anew is quicker; and where changes wrote more than a
#: part of all since all was written, there is too much that counts no more.
_MOST_CHANGES: Final = 20_000
_PART: Final = 5
_PART_WRITTEN: Final = 3
#: Rows of which what is searched is kept until the text index is told of them.
_KEPT: Final = 100_000
#: Entries that are made at a time.
_TOGETHER: Final = 4_096
#: Bytes of a page of the file: blocks of two kilobytes leave little of it unused.
_PAGE: Final = 32_768


class Filled(Struct, frozen=True):
    """How many rows there are, and how many of them were written; `anew` says that all were."""

    rows: int
    written: int
    anew: bool


def fill(
    path: Path,
    entries: Callable[[], Iterable[Entry]],
    redirects: Iterable[tuple[str, str]] = (),
    holders: Iterable[tuple[str, str]] = (),
    anew: Callable[[Known], Iterable[Made]] | None = None,
) -> Filled:
    """Make the rows at `path`, and the text index beside them, hold these entries. Readers go on meanwhile.

    `entries` is asked once, or twice where much has changed; `anew`, if there is one, in its place where all is written
    anew, so that numbers may be given anew, and what is written may be made elsewhere: what it is asked with tells with
    what blocks are packed, as soon as that is known. `redirects` pairs an id with the one it was merged into, `holders`
    a blob with the recording that it holds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with cache_files.said(path):
        filled = _change(path, entries, redirects, holders) if is_usable(path) else None
        return filled or _anew(path, anew or (lambda _: _made(entries())), redirects, holders)


def renew(
    path: Path,
    entries: Callable[[], Iterable[Entry]],
    touched: Sequence[str],
    redirects: Iterable[tuple[str, str]] = (),
    holders: Iterable[tuple[str, str]] = (),
) -> Filled | None:
    """As `fill`, where all that may differ are these ids: `entries` are those of them that there are, the others are
    taken out. None, with nothing changed, where there is so much of it that `fill` is quicker."""
    with cache_files.said(path):
        return _change(path, entries, redirects, holders, touched) if is_usable(path) else None


def is_usable(path: Path) -> bool:
    """Is there a file of this version with its index, as far as opening both tells?"""

    def open_index(db: apsw.Connection) -> None:
        [(name, _)] = db.execute("SELECT text, last FROM made").fetchall()
        TextIndex(path.parent / str(name))

    return cache_files.is_usable(path, SCHEMA, open_index)


def _anew(
    path: Path,
    made: Callable[[Known], Iterable[Made]],
    redirects: Iterable[tuple[str, str]],
    holders: Iterable[tuple[str, str]],
) -> Filled:
    name = f"text-{secrets.token_hex(6)}"
    with cache_files.made_anew(path, SCHEMA, TABLES, _PAGE, CHANGES) as db:
        blocks, keys, totals, last = BlockWriter(db), KeyWriter(path.parent), _Totals(), 0
        combinations = _Combinations(db)

        def documents() -> Iterator[str]:
            nonlocal last
            for some in made(lambda: blocks.dictionary):
                last = some.last
                _put(blocks, some)
                for scheme, records in some.keys.items():
                    keys.add_records(scheme, *records)
                db.executemany("INSERT INTO newest VALUES (?,?,?)", some.newest)
                totals.join(some.totals)
                numbers = list(map(combinations.number, some.combinations))
                for begun, place in some.documents:
                    yield end_document(begun, numbers[place])

        count = TextIndex(path.parent / name, make=True).add(documents())
        blocks.finish()
        keys.write(db)
        totals.write(db)
        combinations.write()
        db.executemany("INSERT INTO redirects VALUES (?,?)", redirects)
        db.executemany("INSERT INTO holders VALUES (?,?)", holders)
        db.execute("INSERT INTO made VALUES (?,?,0,1,0,NULL)", (name, last))
    leave_only(path.parent, name)
    return Filled(count, count, True)


def _made(entries: Iterable[Entry]) -> Iterator[Made]:
    left, last = iter(entries), 0
    while some := list(itertools.islice(left, _TOGETHER)):
        made = make(some, last)
        last = made.last
        yield made


def _put(writer: BlockWriter, made: Made) -> None:
    """Write rows and blocks in the order of their places: rows that are in no whole block come before these, and
    behind."""
    loose = iter(made.loose)
    first = made.blocks[0].place if made.blocks else None
    waiting = None
    for number, row in loose:
        if first is not None and number // ROWS > first:
            waiting = number, row
            break
        writer.add(number, row)
    for block in made.blocks:
        writer.add_block(block)
    for number, packed in made.long:
        writer.add_long(number, packed)
    for number, row in itertools.chain([waiting] if waiting else [], loose):
        writer.add(number, row)


def _change(
    path: Path,
    entries: Callable[[], Iterable[Entry]],
    redirects: Iterable[tuple[str, str]],
    holders: Iterable[tuple[str, str]],
    touched: Sequence[str] | None = None,
) -> Filled | None:
    """Write what differs, None where that is too much. `touched` are all that can differ, where that is known."""
    with cache_files.changing(path) as db:
        total = _count(db, "SELECT coalesce(sum(count), 0) FROM totals WHERE kind NOT LIKE '%=%'")
        most = min(
            max(_MOST_CHANGES, total // _PART),
            max(_MOST_CHANGES, total // _PART_WRITTEN) - _count(db, "SELECT written FROM made"),
        )
        if touched is not None and len(touched) > most:
            return None
        db.execute(_STAGE)
        db.executemany("INSERT OR REPLACE INTO temp.fresh_redirects VALUES (?,?)", redirects)
        db.executemany("INSERT OR REPLACE INTO temp.fresh_holders VALUES (?,?)", holders)
        # Readers are shut out only while it is committed, and see nothing of it before.
        db.execute("BEGIN")
        change = _Change(db)
        count = change.take(entries(), most, touched)
        if change.written > most:
            db.execute("ROLLBACK")
            return None
        change.finish()
        db.execute(_SWAP)
        cache_files.commit(db, path)
        catch_up(path, db, change.searched)
    return Filled(count, change.written, False)


#: What is indexed of a row: title, what is searched beside it, facets, weight.
Searched = tuple[str, str, str, int]


def catch_up(path: Path, db: apsw.Connection, known: Mapping[int, Searched | None] | None = None) -> int:
    """Tell the text index of what it has not heard of yet; gives how many numbers that were. What is `known` of rows,
    None of one that is gone, need not be unpacked."""
    noted: Any = db.execute("SELECT text, pending FROM made WHERE pending IS NOT NULL").fetchall()
    if not noted:
        return 0
    [(name, packed)] = noted
    held, combinations = Held(db), _Combinations(db)
    numbers = list(itertools.accumulate(_STEPS.decode(packed)))

    def searched(number: int) -> Searched | None:
        if known and number in known:
            return known[number]
        head = held.head(number)
        return None if head is None else (head.title, head.beside, head.facets, head.weight)

    said = ((number, searched(number)) for number in numbers)
    documents = (_document(number, row, combinations) for number, row in said if row is not None)
    TextIndex(path.parent / str(name)).change(numbers, documents)
    db.execute("UPDATE made SET pending=NULL")
    return len(numbers)


class _Change:
    """What is other than before, put behind the blocks as it comes; nothing of it counts until `finish`."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db, self._held, self._last = db, Held(db), _last(db)
        self._rows, self._places = BlockAdder(db), dict[int, int]()
        self._keys: list[tuple[bytes, int, bool]] = []
        self._told: list[int] = []
        self._totals, self._combinations = _Totals(), _Combinations(db)
        #: What the text index has to hear, of as many rows as are kept.
        self.searched: dict[int, Searched | None] = {}

    @property
    def written(self) -> int:
        return len(self._places)

    def take(self, entries: Iterable[Entry], most: int, touched: Sequence[str] | None) -> int:
        """Write entries that are new or other than before, and take out what is not among them, of those `touched` or
        of all; gives how many entries there were. Stops where there are too many."""
        before = self._last
        seen = bytearray(before // 8 + 1)
        count, met = 0, set[str]()
        for entry in entries:
            count += 1
            if touched is not None:
                met.add(entry.row.id)
            number = entry.number or self._held.number(entry.row.id)
            if number is not None and number <= before:
                seen[number // 8] |= 1 << number % 8
            self._compare(number, stored(entry))
            if self.written > most:
                return count
        # Of what is touched only that is looked for which has no entry.
        gone = () if touched is None else (id for id in touched if id not in met)
        here = self._held.all_numbers() if touched is None else filter(None, map(self._held.number, gone))
        for number in here:
            if not seen[number // 8] >> number % 8 & 1:
                self._take_out(number)
        return count

    def finish(self) -> None:
        """Let what was written count, and note what the text index has to hear of."""
        self._rows.finish()
        runs = add_run(self._db, self._held.runs, self._places) if self._places else self._held.runs
        if self._keys:
            sorted_map.add_run(self._db, self._turned())
        self._totals.write(self._db)
        self._combinations.write()
        # What an earlier run noted and did not come to is still to be told.
        [(noted,)] = self._db.execute("SELECT pending FROM made").fetchall()
        told = sorted({*self._told, *(itertools.accumulate(_STEPS.decode(noted)) if noted else ())})  # type: ignore[arg-type]
        steps = msgspec.msgpack.encode([now - last for last, now in itertools.pairwise([0, *told])])
        self._db.execute(
            "UPDATE made SET last=?, written=written+?, oldest=?, newest=?, pending=?",
            (self._last, self.written, runs.start, runs.stop - 1, steps if told else None),
        )

    def _turned(self) -> Iterator[tuple[bytes, bytes]]:
        """What the map is to have of keys that lead elsewhere now."""
        for key, turned in itertools.groupby(sorted(self._keys), itemgetter(0)):
            before = self._held.newer_keys.get(key)
            numbers = unpack_numbers(before) if before else {}
            numbers |= {number: there for _, number, there in turned}
            yield key, pack_numbers(numbers)

    def _compare(self, number: int | None, row: Stored) -> None:
        before = None if number is None or number > self._last else self._held.row(number)
        if before is not None and pack_row(before) == pack_row(row):
            return
        if number is None or number > self._last:
            number = self._last = number or self._last + 1
        self._turn(number, before, row)
        of_old = self._held.of_old(number, before) if before else None
        self._places[number] = self._rows.add(number, row, of_old)
        # Its facets have a number when the text index is told of it.
        self._combinations.number(row.facets)

    def _take_out(self, number: int) -> None:
        before = self._held.row(number)
        if before is not None:
            self._turn(number, before, None)
            self._places[number] = GONE

    def _turn(self, number: int, before: Stored | None, now: Stored | None) -> None:
        """All that follows from a row that is another now."""
        old, new = (set(keys_of(row, row.id)) if row else set[tuple[int, bytes]]() for row in (before, now))
        self._keys += [(map_key(*key), number, key in new) for key in old ^ new]
        for row, sign in ((before, -1), (now, 1)):
            if row is not None:
                self._totals.add(row, sign)
        recent, fresh = (
            (row.kind, row.newest, row.id) if row and row.newest else None for row in (before, now)
        )
        if recent != fresh:
            if recent:
                self._db.execute("DELETE FROM newest WHERE kind=? AND newest=? AND id=?", recent)
            if fresh:
                self._db.execute("INSERT OR REPLACE INTO newest VALUES (?,?,?)", fresh)
        if before is None or now is None or _indexed(before) != _indexed(now):
            self._told.append(number)
            if len(self.searched) < _KEPT:
                self.searched[number] = None if now is None else _searched(now)


_STEPS: Final = msgspec.msgpack.Decoder(list[int])


def _searched(row: Stored) -> Searched:
    return row.title, row.searched_beside, row.facets, row.weight


def _indexed(row: Stored) -> Searched:
    """What the text index has of a row: a step of its weight."""
    *said, weight = _searched(row)
    return *said, weight >> 4  # type: ignore[return-value]


def _document(number: int, row: Searched, combinations: "_Combinations") -> str:
    """What is indexed of a row that is there."""
    title, beside, facets, weight = row
    begun = begin_document(number, indexed(title), indexed(beside), facets, weight)
    return end_document(begun, combinations.number(facets))


class _Combinations:
    """Numbers of the combinations of facets that things have. One that was given stands as long as the index does."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        held: Any = db.execute("SELECT facets, number FROM combinations")
        self._numbers: dict[str, int] = dict(held)
        self._fresh: list[tuple[int, str]] = []

    def number(self, together: str) -> int:
        """Of facets with blanks between."""
        if together not in self._numbers:
            self._numbers[together] = len(self._numbers)
            self._fresh.append((self._numbers[together], together))
        return self._numbers[together]

    def write(self) -> None:
        self._db.executemany("INSERT INTO combinations VALUES (?,?)", self._fresh)


class _Totals(Totals):
    def write(self, db: apsw.Connection) -> None:
        query = (
            "INSERT INTO totals VALUES (?,?,?)"
            " ON CONFLICT (kind) DO UPDATE SET count=count+excluded.count, seconds=seconds+excluded.seconds"
        )
        db.executemany(query, [(kind, *more) for kind, more in self.counts.items()])


def _last(db: apsw.Connection) -> int:
    """The highest number that was ever given: none is given twice, whatever the text index still says of it."""
    return _count(db, "SELECT last FROM made")


def _count(db: apsw.Connection, query: str) -> int:
    [(count,)] = db.execute(query).fetchall()
    return int(count)  # type: ignore[arg-type]


_STAGE: Final = """
CREATE TEMP TABLE fresh_redirects (old TEXT PRIMARY KEY, new TEXT) WITHOUT ROWID;
CREATE TEMP TABLE fresh_holders (blob TEXT PRIMARY KEY, recording TEXT) WITHOUT ROWID;
"""
_SWAP: Final = """
DELETE FROM redirects WHERE (old, new) NOT IN (SELECT old, new FROM temp.fresh_redirects);
INSERT OR REPLACE INTO redirects SELECT * FROM temp.fresh_redirects EXCEPT SELECT * FROM redirects;
DELETE FROM holders WHERE (blob, recording) NOT IN (SELECT blob, recording FROM temp.fresh_holders);
INSERT OR REPLACE INTO holders SELECT * FROM temp.fresh_holders EXCEPT SELECT * FROM holders;
"""
