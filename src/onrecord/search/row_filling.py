# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes rows and their text index: all of them the first time, and then only what is another than before.

The file of rows names its text index, so that both change hands at once. A change is one transaction that also notes
which numbers the text index has to hear of; that note goes when it has. What a kill cuts short is done by the next run.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec
from msgspec import Struct

from onrecord.search import cache_files
from onrecord.search.codes import pack
from onrecord.search.fold import indexed
from onrecord.search.rows import SCHEMA, TABLES, Row
from onrecord.search.text import Document, TextIndex, leave_only

#: With more changes than this, and than a part of all, writing all anew is quicker.
_MOST_CHANGES: Final = 20_000
_PART: Final = 5


class Entry(Struct, frozen=True):
    """A row with what it is found by: `beside` its title, its facets, its identifiers as (scheme, value), how popular
    it is, from 0 to 255, and what was counted for that (`popularity`)."""

    row: Row
    beside: str = ""
    facets: tuple[str, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()
    weight: int = 0
    known: dict[str, int] = {}


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
) -> Filled:
    """Make the rows at `path`, and the text index beside them, hold these entries. Readers go on meanwhile.

    `entries` is asked once, or twice where much has changed. `redirects` pairs an id with the one it was merged into,
    `holders` a blob with the recording that it holds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with cache_files.said(path):
        filled = _change(path, entries, redirects, holders) if _is_usable(path) else None
        return filled or _anew(path, entries, redirects, holders)


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
    with cache_files.made_anew(path, SCHEMA, TABLES) as db:

        def documents() -> Iterator[Document]:
            for number, entry in enumerate(entries(), 1):
                _put(db, number, entry, msgspec.msgpack.encode(entry))
                yield _document(number, entry.row.title, entry.beside, entry.facets, entry.weight)

        count = TextIndex(path.parent / name, make=True).add(documents())
        db.executemany("INSERT INTO redirects VALUES (?,?)", redirects)
        db.executemany("INSERT INTO holders VALUES (?,?)", holders)
        db.execute("CREATE INDEX newest ON rows (kind, newest DESC, id)")
        db.execute("INSERT INTO made VALUES (?,?)", (name, count))
    leave_only(path.parent, name)
    return Filled(count, count, True)


def _change(
    path: Path,
    entries: Callable[[], Iterable[Entry]],
    redirects: Iterable[tuple[str, str]],
    holders: Iterable[tuple[str, str]],
) -> Filled | None:
    """Write what differs, None where that is too much."""
    with cache_files.changing(path) as db:
        last, total = _last(db), _count(db)
        most = max(_MOST_CHANGES, total // _PART)
        fresh, gone, count = _compare(db, entries(), last, most)
        if fresh + len(gone) > most:
            return None
        db.execute(_STAGE)
        db.executemany("INSERT OR REPLACE INTO temp.fresh_redirects VALUES (?,?)", redirects)
        db.executemany("INSERT OR REPLACE INTO temp.fresh_holders VALUES (?,?)", holders)
        db.execute("BEGIN IMMEDIATE")
        _apply(db, gone, last)
        db.execute("COMMIT")
        written = catch_up(path, db)
    return Filled(count, written, False)


def catch_up(path: Path, db: apsw.Connection) -> int:
    """Tell the text index of what it has not heard of yet; gives how many numbers that were."""
    numbers = [int(number) for (number,) in db.execute("SELECT number FROM pending ORDER BY number")]
    if not numbers:
        return 0
    [(name,)] = db.execute("SELECT text FROM made").fetchall()
    query = "SELECT number, title, beside, facets, weight FROM rows WHERE number=?"
    found: Iterator[Any] = (db.execute(query, (number,)).fetchone() for number in numbers)
    documents = (
        _document(number, title, beside, facets.split(), weight)
        for number, title, beside, facets, weight in filter(None, found)
    )
    TextIndex(path.parent / str(name)).change(numbers, documents)
    db.execute("DELETE FROM pending")
    return len(numbers)


def _compare(
    db: apsw.Connection, entries: Iterable[Entry], last: int, most: int
) -> tuple[int, list[int], int]:
    """Put entries that are new or other than before into `temp.changed`: (how many, numbers that are gone, how many
    entries there were). Stops where there are too many."""
    db.execute("CREATE TEMP TABLE changed (place INTEGER PRIMARY KEY, number INT, entry BLOB)")
    seen = bytearray(last // 8 + 1)
    count = changed = 0
    for entry in entries:
        count += 1
        packed = msgspec.msgpack.encode(entry)
        found: Any = db.execute("SELECT number, digest FROM rows WHERE id=?", (entry.row.id,)).fetchone()
        if found:
            seen[found[0] // 8] |= 1 << found[0] % 8
            if found[1] == cache_files.digest(packed):
                continue
        changed += 1
        if changed > most:
            return changed, [], count
        db.execute("INSERT INTO temp.changed VALUES (NULL,?,?)", (found[0] if found else None, packed))
    numbers = (int(number) for (number,) in db.execute("SELECT number FROM rows"))
    gone = [number for number in numbers if not seen[number // 8] >> number % 8 & 1]
    return changed, gone, count


def _apply(db: apsw.Connection, gone: Iterable[int], last: int) -> None:
    for number in gone:
        _take_out(db, number)
    for number, packed in db.execute("SELECT number, entry FROM temp.changed ORDER BY place"):
        if number is None:
            last += 1
        else:
            _take_out(db, int(number))
        place = last if number is None else int(number)
        db.execute("INSERT OR IGNORE INTO pending VALUES (?)", (place,))
        _put(db, place, msgspec.msgpack.decode(packed, type=Entry), packed)
    db.execute(_SWAP)
    db.execute("UPDATE made SET last=?", (last,))


def _put(db: apsw.Connection, number: int, entry: Entry, packed: bytes) -> None:
    row = entry.row
    db.execute(
        "INSERT INTO rows VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            *(
                number,
                row.id,
                row.kind,
                row.title,
                row.subtitle,
                row.has_sound,
                row.newest,
                row.seconds,
                row.body,
            ),
            *(entry.beside, " ".join(entry.facets), entry.weight),
            *(msgspec.json.encode(entry.known) if entry.known else b"", msgspec.json.encode(entry.codes)),
            cache_files.digest(packed),
        ),
    )
    for scheme, value in entry.codes:
        if key := pack(scheme, value):
            db.execute("INSERT OR IGNORE INTO codes VALUES (?,?,?)", (*key, number))


def _take_out(db: apsw.Connection, number: int) -> None:
    row: Any = db.execute("SELECT codes FROM rows WHERE number=?", (number,)).fetchone()
    for scheme, value in msgspec.json.decode(row[0]) if row else ():
        if key := pack(scheme, value):
            db.execute("DELETE FROM codes WHERE scheme=? AND key=? AND number=?", (*key, number))
    db.execute("DELETE FROM rows WHERE number=?", (number,))
    db.execute("INSERT OR IGNORE INTO pending VALUES (?)", (number,))


def _document(number: int, title: str, beside: str, facets: Iterable[str], weight: int) -> Document:
    return Document(number, indexed(title), indexed(beside), tuple(facets), weight)


def _last(db: apsw.Connection) -> int:
    """The highest number that was ever given: none is given twice, whatever the text index still says of it."""
    [(last,)] = db.execute("SELECT last FROM made").fetchall()
    return int(last)  # type: ignore[arg-type]


def _count(db: apsw.Connection) -> int:
    [(count,)] = db.execute("SELECT count(*) FROM rows").fetchall()
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
