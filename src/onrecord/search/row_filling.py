# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes rows and their text index: all of them the first time, and then only what is another than before.

The file of rows names its text index, so that both change hands at once. A change leaves the blocks as they are and
writes beside them, in one transaction that also notes what the text index has to hear of; that note goes when it has.
What a kill cuts short is done by the next run.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec
from msgspec import Struct

from onrecord.search import cache_files
from onrecord.search.bodies import Page, codes, fold
from onrecord.search.facets import LANGUAGE
from onrecord.search.fold import indexed
from onrecord.search.key_blocks import KeyWriter, key_bytes
from onrecord.search.row_blocks import BlockWriter, Stored, pack_row, unpack_row
from onrecord.search.rows import IDS, SCHEMA, TABLES, Held, Row, id_key
from onrecord.search.text import Document, TextIndex, leave_only

#: With more changes than this, and than a part of all, writing all anew is quicker. Those of earlier runs count too:
#: what lies beside the blocks takes several times the room.
_MOST_CHANGES: Final = 20_000
_PART: Final = 5
#: Bytes of a page of the file: blocks of two kilobytes leave little of it unused.
_PAGE: Final = 32_768


class Entry(Struct, frozen=True):
    """A row with what it is found by: `beside` its title, its facets, its identifiers as (scheme, value), how popular
    it is, from 0 to 255, and what was counted for that (`popularity`).

    Where there is a `page`, it stands in place of the row's body, and `codes` are those that it does not say. A
    `number` that is not 0 is the row's own, by which others name it: entries that have one come in its order.
    """

    row: Row
    beside: str = ""
    facets: tuple[str, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()
    weight: int = 0
    known: dict[str, int] = {}
    number: int = 0
    page: Page | None = None


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
    anew: Callable[[], Iterable[Entry]] | None = None,
) -> Filled:
    """Make the rows at `path`, and the text index beside them, hold these entries. Readers go on meanwhile.

    `entries` is asked once, or twice where much has changed; `anew`, if there is one, in its place where all is written
    anew, so that numbers may be given anew. `redirects` pairs an id with the one it was merged into,
    `holders` a blob with the recording that it holds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with cache_files.said(path):
        filled = _change(path, entries, redirects, holders) if _is_usable(path) else None
        return filled or _anew(path, anew or entries, redirects, holders)


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
        return _change(path, entries, redirects, holders, touched) if _is_usable(path) else None


def _is_usable(path: Path) -> bool:
    def open_index(db: apsw.Connection) -> None:
        [(name, _)] = db.execute("SELECT text, last FROM made").fetchall()
        TextIndex(path.parent / str(name))

    return cache_files.is_usable(path, SCHEMA, open_index)


def _anew(
    path: Path,
    entries: Callable[[], Iterable[Entry]],
    redirects: Iterable[tuple[str, str]],
    holders: Iterable[tuple[str, str]],
) -> Filled:
    name = f"text-{secrets.token_hex(6)}"
    with cache_files.made_anew(path, SCHEMA, TABLES, _PAGE) as db:
        blocks, keys, totals, last = BlockWriter(db), KeyWriter(path.parent), _Totals(), 0
        combinations = _Combinations(db)

        def documents() -> Iterator[Document]:
            nonlocal last
            for entry in entries():
                last = entry.number or last + 1
                row = _stored(entry)
                blocks.add(last, row)
                for scheme, key in _keys(row, entry.row.id):
                    keys.add(scheme, key, last)
                if row.newest:
                    db.execute("INSERT INTO newest VALUES (?,?,?)", (row.kind, row.newest, entry.row.id))
                totals.add(row, 1)
                yield _document(last, entry, combinations)

        count = TextIndex(path.parent / name, make=True).add(documents())
        blocks.finish()
        keys.write(db)
        totals.write(db)
        combinations.write()
        db.executemany("INSERT INTO redirects VALUES (?,?)", redirects)
        db.executemany("INSERT INTO holders VALUES (?,?)", holders)
        db.execute("INSERT INTO made VALUES (?,?)", (name, last))
    leave_only(path.parent, name)
    return Filled(count, count, True)


def _change(
    path: Path,
    entries: Callable[[], Iterable[Entry]],
    redirects: Iterable[tuple[str, str]],
    holders: Iterable[tuple[str, str]],
    touched: Sequence[str] | None = None,
) -> Filled | None:
    """Write what differs, None where that is too much. `touched` are all that can differ, where that is known."""
    with cache_files.changing(path) as db:
        most = max(_MOST_CHANGES, _count(db, "SELECT coalesce(sum(count), 0) FROM totals") // _PART)
        most -= _count(db, "SELECT count(*) FROM newer")
        if touched is not None and len(touched) > most:
            return None
        combinations = _Combinations(db)
        fresh, gone, count = _compare(db, entries(), most, combinations, touched)
        if fresh + len(gone) > most:
            return None
        db.execute(_STAGE)
        db.executemany("INSERT OR REPLACE INTO temp.fresh_redirects VALUES (?,?)", redirects)
        db.executemany("INSERT OR REPLACE INTO temp.fresh_holders VALUES (?,?)", holders)
        db.execute("BEGIN IMMEDIATE")
        _apply(db, gone)
        combinations.write()
        db.execute("COMMIT")
        written = catch_up(path, db)
    return Filled(count, written, False)


def catch_up(path: Path, db: apsw.Connection) -> int:
    """Tell the text index of what it has not heard of yet; gives how many numbers that were."""
    pending: list[Any] = db.execute("SELECT number, document FROM pending ORDER BY number").fetchall()
    if not pending:
        return 0
    [(name,)] = db.execute("SELECT text FROM made").fetchall()
    documents = (msgspec.msgpack.decode(packed, type=Document) for _, packed in pending if packed)
    TextIndex(path.parent / str(name)).change([int(number) for number, _ in pending], documents)
    db.execute("DELETE FROM pending")
    return len(pending)


def _compare(
    db: apsw.Connection,
    entries: Iterable[Entry],
    most: int,
    combinations: "_Combinations",
    touched: Sequence[str] | None,
) -> tuple[int, list[int], int]:
    """Put entries that are new or other than before into `temp.changed`: (how many, numbers that are gone, how many
    entries there were). Stops where there are too many."""
    db.execute("CREATE TEMP TABLE changed (place INTEGER PRIMARY KEY, number INT, row BLOB, document BLOB)")
    held, last = Held(db), _last(db)
    seen = bytearray(last // 8 + 1)
    count = changed = 0
    for entry in entries:
        count += 1
        number = entry.number or held.number(entry.row.id)
        packed = pack_row(_stored(entry))
        if number is not None and number <= last:
            seen[number // 8] |= 1 << number % 8
            before = held.row(number)
            if before is not None and pack_row(before) == packed:
                continue
        changed += 1
        if changed > most:
            return changed, [], count
        document = msgspec.msgpack.encode(_document(number or 0, entry, combinations))
        db.execute("INSERT INTO temp.changed VALUES (NULL,?,?,?)", (number, packed, document))
    here = held.all_numbers() if touched is None else filter(None, map(held.number, touched))
    return changed, [number for number in here if not seen[number // 8] >> number % 8 & 1], count


def _apply(db: apsw.Connection, gone: Iterable[int]) -> None:
    held, totals, last = Held(db), _Totals(), _last(db)
    for number in gone:
        _take_out(held, number, totals)
    staged: Any = db.execute("SELECT number, row, document FROM temp.changed ORDER BY place")
    for number, packed, document in staged:
        if number is None or number > last:
            last = number = number or last + 1
        else:
            _take_out(held, number, totals)
        _put(db, number, packed, document, totals)
    totals.write(db)
    db.execute(_SWAP)
    db.execute("UPDATE made SET last=?", (last,))


def _put(db: apsw.Connection, number: int, packed: bytes, document: bytes, totals: "_Totals") -> None:
    row = unpack_row(packed)
    db.execute("INSERT OR REPLACE INTO newer VALUES (?,?)", (number, packed))
    keys = ((scheme, key, number) for scheme, key in _keys(row, row.id))
    db.executemany("INSERT OR REPLACE INTO newer_keys VALUES (?,?,?,1)", keys)
    if row.newest:
        db.execute("INSERT OR REPLACE INTO newest VALUES (?,?,?)", (row.kind, row.newest, row.id))
    totals.add(row, 1)
    told = msgspec.structs.replace(msgspec.msgpack.decode(document, type=Document), number=number)
    db.execute("INSERT OR REPLACE INTO pending VALUES (?,?)", (number, msgspec.msgpack.encode(told)))


def _take_out(held: Held, number: int, totals: "_Totals") -> None:
    row = held.row(number)
    if row is None:
        return
    db = held.db
    keys = ((scheme, key, number) for scheme, key in _keys(row, row.id))
    db.executemany("INSERT OR REPLACE INTO newer_keys VALUES (?,?,?,0)", keys)
    db.execute("DELETE FROM newest WHERE kind=? AND newest=? AND id=?", (row.kind, row.newest, row.id))
    db.execute("INSERT OR REPLACE INTO newer VALUES (?,NULL)", (number,))
    totals.add(row, -1)
    db.execute("INSERT OR REPLACE INTO pending VALUES (?,NULL)", (number,))


def _stored(entry: Entry) -> Stored:
    row, page = entry.row, entry.page
    facts, claims = fold(row.kind, row.title, row.subtitle, page) if page else ((row.body,), ())
    return Stored(
        kind=row.kind,
        ident=row.id if page is None or page.founder is None else page.founder,
        title=row.title,
        subtitle=row.subtitle,
        beside=None if entry.beside == row.subtitle else entry.beside,
        facets=" ".join(entry.facets),
        weight=entry.weight,
        known=entry.known,
        sound=row.has_sound,
        newest=row.newest,
        seconds=row.seconds,
        codes=entry.codes,
        facts=facts,
        claims=claims,
    )


def _keys(row: Stored, identifier: str) -> Iterator[tuple[int, bytes]]:
    """What leads to a row, as the tables have it."""
    yield IDS, id_key(identifier)
    for scheme, key in codes(row):
        yield scheme, key_bytes(key)


def _document(number: int, entry: Entry, combinations: "_Combinations") -> Document:
    words = indexed(entry.row.title), indexed(entry.beside)
    return Document(number, *words, entry.facets, entry.weight, combinations.number(entry.facets))


class _Combinations:
    """Numbers of the combinations of facets that things have. One that was given stands as long as the index does."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        held: Any = db.execute("SELECT facets, number FROM combinations")
        self._numbers: dict[str, int] = dict(held)
        self._fresh: list[tuple[int, str]] = []

    def number(self, facets: Iterable[str]) -> int:
        together = " ".join(facets)
        if together not in self._numbers:
            self._numbers[together] = len(self._numbers)
            self._fresh.append((self._numbers[together], together))
        return self._numbers[together]

    def write(self) -> None:
        self._db.executemany("INSERT INTO combinations VALUES (?,?)", self._fresh)


class _Totals:
    """What there is more of, and less, by kind, and by language."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, float]] = {}

    def add(self, row: Stored, sign: int) -> None:
        count, seconds = self._counts.get(row.kind, (0, 0.0))
        self._counts[row.kind] = count + sign, seconds + sign * row.seconds
        if LANGUAGE in row.facets:
            for facet in row.facets.split():
                if facet.startswith(LANGUAGE):
                    self._counts[facet] = self._counts.get(facet, (0, 0.0))[0] + sign, 0.0

    def write(self, db: apsw.Connection) -> None:
        query = (
            "INSERT INTO totals VALUES (?,?,?)"
            " ON CONFLICT (kind) DO UPDATE SET count=count+excluded.count, seconds=seconds+excluded.seconds"
        )
        db.executemany(query, [(kind, *more) for kind, more in self._counts.items()])


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
