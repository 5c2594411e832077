# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes entities and their index of fields: all of them the first time, and then only what is another than before.

As `row_filling` does it: a change is one transaction, which also keeps what the index has yet to hear of; that goes
when it has. What a kill cuts short is done by whoever writes next.
"""

import itertools
import secrets
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from onrecord.search import cache_files
from onrecord.search.entities import (
    BELONGS,
    RESTS_ON,
    SCHEMA,
    TABLES,
    links_key,
    record_key,
    step_key,
    step_of,
    thing_key,
)
from onrecord.search.entity_changes import KeptRecord, Link, Renewed, Thing, changes, id_keys, told
from onrecord.search.fields import Document, FieldIndex, leave_only
from onrecord.search.row_filling import Filled
from onrecord.search.sorted_map import MapWriter, SortedMap, add_run, count_newer

#: With more changes than this, and than a part of all, writing all anew is quicker. Those of earlier runs count too.
_MOST_CHANGES: Final = 20_000
_PART: Final = 5
#: Bytes of a page of the file: blocks of some kilobytes leave little of small ones unused.
_PAGE: Final = 1_024


def fill(
    path: Path,
    things: Callable[[], Iterable[Thing]],
    links: Callable[[], Iterable[Link]],
    kept: Callable[[], Iterable[KeptRecord]] = tuple,
    rests_on: Sequence[str] = (),
) -> Filled:
    """Make the file at `path`, and the index beside it, hold these things. Readers go on meanwhile.

    `things` are in the order of kind and thing, `links` in that of (thing, kind of the other, other), `kept` records of
    what has rows are (kind, MBID, source, log entry) in that order; each is asked once, one after the other, or twice
    where much has changed. `rests_on` is what `renew` has to find again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = RESTS_ON, msgspec.msgpack.encode(sorted(rests_on)), None

    def entries(sorting: apsw.Connection) -> Iterator[_Entry]:
        return itertools.chain(_entries(sorting, things, links, kept), [mark])

    with cache_files.said(path):
        filled = _change(path, entries) if is_usable(path) else None
        return filled or _anew(path, entries)


def renew(path: Path, renewed: Callable[[int], Renewed | None], rests_on: Sequence[str]) -> Filled | None:
    """As `fill`, where all that may differ is known. None, with nothing changed, where there is so much of it that
    `fill` is quicker, or where what there is rests on something else. `renewed` is told how many things may be touched,
    ends of links with them, and gives None where there are more."""
    with cache_files.said(path):
        if not is_usable(path):
            return None
        with cache_files.changing(path) as db:
            held = SortedMap(db)
            if held.get(RESTS_ON) != msgspec.msgpack.encode(sorted(rests_on)):
                return None
            found = renewed(_room(db))
            if found is None:
                return None
            made = changes(held, found)
            if len(made) > _room(db):
                return None
            written = 0
            if made:
                db.execute("BEGIN IMMEDIATE")
                written = _apply(db, ((key, *change) for key, change in sorted(made.items())))
                db.execute("UPDATE made SET changes=changes+1")
                cache_files.commit(db, path)
            catch_up(path, db)
        return Filled(len(found.touched), written, False)


def catch_up(path: Path, db: apsw.Connection) -> int:
    """Tell the index of what it has not heard of yet; gives how many things that were."""
    noted: list[Any] = db.execute("SELECT changes FROM pending ORDER BY place").fetchall()
    if not noted:
        return 0
    [(name,)] = db.execute("SELECT fields FROM made").fetchall()
    # Of a thing that is noted twice the last counts.
    told = {(kind, thing): told for (packed,) in noted for kind, thing, told in _unpacked(packed)}
    FieldIndex(path.parent / str(name)).change(told, filter(None, told.values()))
    db.execute("DELETE FROM pending")
    return len(told)


def is_usable(path: Path) -> bool:
    """Is there a file of this version with its index, as far as opening both tells?"""

    def open_index(db: apsw.Connection) -> None:
        [(name,)] = db.execute("SELECT fields FROM made").fetchall()
        FieldIndex(path.parent / str(name))

    return cache_files.is_usable(path, SCHEMA, open_index)


def _room(db: apsw.Connection) -> int:
    """How many changes there may be before writing all anew is quicker."""
    [(total,)] = db.execute("SELECT entries FROM made").fetchall()
    return max(_MOST_CHANGES, int(str(total)) // _PART) - count_newer(db)


_Things = Callable[[], Iterable[Thing]]
_Links = Callable[[], Iterable[Link]]
_KeptRecords = Callable[[], Iterable[KeptRecord]]
_Entry = tuple[bytes, bytes, Document | None]


_Entries = Callable[[apsw.Connection], Iterator[_Entry]]


def _anew(path: Path, made: _Entries) -> Filled:
    name = f"fields-{secrets.token_hex(6)}"
    with cache_files.made_anew(path, SCHEMA, TABLES, _PAGE) as db, _sorting(path) as sorting:
        writer, written = MapWriter(db), 0
        entries = made(sorting)
        rest: list[_Entry] = []

        def documents() -> Iterator[Document]:
            """Those of things, which come first; what comes behind the last of them is left."""
            nonlocal written
            for entry in entries:
                if entry[2] is None:
                    rest.append(entry)
                    return
                writer.add(*entry[:2])
                written += 1
                yield entry[2]

        count = FieldIndex(path.parent / name, make=True).add(documents())
        for key, value, _ in itertools.chain(rest, entries):
            writer.add(key, value)
            written += 1
        writer.finish()
        db.execute("INSERT INTO made VALUES (?,0,?)", (name, written))
    leave_only(path.parent, name)
    return Filled(count, count, True)


def _change(path: Path, made: _Entries) -> Filled | None:
    """Write what differs, None where that is too much."""
    with cache_files.changing(path) as db, _sorting(path) as sorting:
        most = _room(db)
        held, count = SortedMap(db), 0
        sorting.execute("CREATE TABLE changed (key BLOB, value BLOB, document BLOB)")

        def fresh() -> Iterator[_Entry]:
            nonlocal count
            for entry in made(sorting):
                count += entry[2] is not None
                yield entry

        changed = 0
        for key, value, document in _differing(fresh(), held.entries()):
            changed += 1
            if changed > most:
                return None
            packed = msgspec.msgpack.encode(document) if document else None
            sorting.execute("INSERT INTO changed VALUES (?,?,?)", (key, value, packed))
        written = 0
        if changed:
            db.execute("BEGIN IMMEDIATE")
            staged: Any = sorting.execute("SELECT key, value, document FROM changed")
            written = _apply(db, staged)
            db.execute("UPDATE made SET changes=changes+1")
            cache_files.commit(db, path)
        catch_up(path, db)
    return Filled(count, written, False)


_Pending = tuple[str, str, Document | None]


def _apply(db: apsw.Connection, changes: Iterable[tuple[bytes, bytes | None, bytes | None]]) -> int:
    """Put what differs beside what is there, in the order of keys, and note what the index has yet to hear of; gives
    how many things that are."""
    written, letter = 0, thing_key("", "")[:1]
    noted: list[tuple[str, str, msgspec.Raw]] = []

    def note() -> None:
        packed = zstd.compress(msgspec.msgpack.encode(noted))
        db.execute("INSERT INTO pending VALUES (NULL,?)", (packed,))
        noted.clear()

    def put() -> Iterator[tuple[bytes, bytes | None]]:
        nonlocal written
        for key, value, document in changes:
            yield key, value
            if key[:1] == letter:
                written += 1
                kind, thing = key[1:].decode(errors="surrogatepass").split("\0", 1)
                noted.append((kind, thing, msgspec.Raw(document or _NOTHING)))
                if len(noted) == _NOTED:
                    note()

    add_run(db, put())
    if noted:
        note()
    return written


def _unpacked(packed: bytes) -> list[_Pending]:
    return msgspec.msgpack.decode(zstd.decompress(packed), type=list[_Pending])


#: Things of which is noted together what the index has yet to hear.
_NOTED: Final = 2_000
_NOTHING: Final = msgspec.msgpack.encode(None)


def _differing(
    fresh: Iterable[_Entry], held: Iterator[tuple[bytes, bytes]]
) -> Iterator[tuple[bytes, bytes | None, Document | None]]:
    """What has to be put under a key, or None where it is gone, when both go through their keys in order."""
    at, last = next(held, None), b""
    for key, value, document in fresh:
        if key <= last:
            raise ValueError(f"expected things in order, got {key!r} behind {last!r}")
        last = key
        while at is not None and at[0] < key:
            yield at[0], None, None
            at = next(held, None)
        if at is None or at != (key, value):
            yield key, value, document
        if at is not None and at[0] == key:
            at = next(held, None)
    while at is not None:
        yield at[0], None, None
        at = next(held, None)


@contextmanager
def _sorting(path: Path) -> Iterator[apsw.Connection]:
    """A file for what has to be brought into its order before it is written."""
    part = path.with_name(path.name + ".sorting")
    part.unlink(missing_ok=True)
    db = apsw.Connection(str(part))
    try:
        db.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=16384")
        db.execute(_SORTED)
        yield db
    finally:
        db.close()
        part.unlink(missing_ok=True)


_SORTED: Final = """
CREATE TABLE ids (key BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE things (thing TEXT, kind TEXT, PRIMARY KEY (thing, kind)) WITHOUT ROWID;
CREATE TABLE counts (thing TEXT, kind TEXT, count INT, PRIMARY KEY (thing, kind)) WITHOUT ROWID;
BEGIN;
"""


def _entries(
    sorting: apsw.Connection, things: _Things, links: _Links, kept: _KeptRecords
) -> Iterator[_Entry]:
    """All that the map has, in the order of its keys; what things are searched by, beside what is told of them."""
    for thing in things():
        yield _thing(sorting, thing)
    for name, belonging in itertools.groupby(links(), key=lambda link: link[0]):
        linked: dict[str, list[str]] = {}
        for _, kind, other in belonging:
            linked.setdefault(kind, []).append(other)
        if sorting.execute("SELECT 1 FROM things WHERE thing=? LIMIT 1", (name,)).fetchone():
            counted = ((name, kind, len(others)) for kind, others in linked.items())
            sorting.executemany("INSERT OR REPLACE INTO counts VALUES (?,?,?)", counted)
        yield links_key(name), msgspec.msgpack.encode(linked), None
    for (key,) in sorting.execute("SELECT key FROM ids ORDER BY key"):
        assert isinstance(key, bytes)
        yield key, b"", None
    for kind, mbid, source, seq in kept():
        yield record_key(kind, uuid.UUID(mbid).bytes), msgspec.msgpack.encode((source, seq)), None
    sorting.create_scalar_function("step", _step, 1, deterministic=True)
    for kind, other in sorted(BELONGS.items()):
        query = (
            "SELECT step(c.count) AS step, t.thing FROM things t"
            " LEFT JOIN counts c ON c.thing = t.thing AND c.kind = ? WHERE t.kind = ? ORDER BY step, t.thing"
        )
        for step, name in sorting.execute(query, (other, kind)):
            yield step_key(kind, int(str(step)), str(name)), b"", None


def _step(*counts: object) -> int:
    [count] = counts
    return step_of(int(str(count or 0)))


def _thing(sorting: apsw.Connection, thing: Thing) -> _Entry:
    kind, name = thing.document.kind, thing.document.thing
    sorting.executemany(
        "INSERT OR IGNORE INTO ids VALUES (?)", [(key,) for key in id_keys(kind, name, thing.seats)]
    )
    if kind in BELONGS:
        sorting.execute("INSERT OR IGNORE INTO things VALUES (?,?)", (name, kind))
    return thing_key(kind, name), told(thing), thing.document
