# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes entities and their index of fields: all of them the first time, and then only what is another than before.

As `row_filling` does it: a change is one transaction, which also keeps what the index has yet to hear of; that goes
when it has. What a kill cuts short is done by whoever writes next.
"""

import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw
import msgspec
from msgspec import Struct

from onrecord.search import cache_files
from onrecord.search.entities import BELONGS, INDEXES, SCHEMA, TABLES, TOP_STEP
from onrecord.search.fields import Document, FieldIndex, leave_only
from onrecord.search.popularity import popularity
from onrecord.search.row_filling import Filled

#: With more changes than this, and than a part of all, writing all anew is quicker.
_MOST_CHANGES: Final = 20_000
_PART: Final = 5

Link = tuple[str, str, str]
_Key = TypeVar("_Key", tuple[str, str], tuple[str, str, str])
_Value = TypeVar("_Value")


class Seat(Struct, frozen=True):
    """A UUID of a thing: is the thing shown under it, and where does a kept record of it lie ("" and 0 where none)?"""

    id: str
    shown: bool
    source: str = ""
    seq: int = 0


class Thing(Struct, frozen=True):
    """A thing under all its ids, with what it is searched by."""

    name: str
    body: str
    seats: tuple[Seat, ...]
    document: Document


def fill(
    path: Path,
    things: Callable[[], Iterable[Thing]],
    links: Callable[[], Iterable[Link]],
    redirects: Iterable[Link] = (),
) -> Filled:
    """Make the file at `path`, and the index beside it, hold these things. Readers go on meanwhile.

    `things` are in the order of kind and thing, `links` in that of (thing, kind of the other, other); both are asked
    once, one after the other, or twice where much has changed. `redirects` are (kind, UUID, thing that it is now).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    turned = sorted({(uuid.UUID(id).bytes, kind): thing for kind, id, thing in redirects}.items())
    with cache_files.said(path):
        filled = _change(path, things, links, turned) if _is_usable(path) else None
        return filled or _anew(path, things, links, turned)


def catch_up(path: Path, db: apsw.Connection) -> int:
    """Tell the index of what it has not heard of yet; gives how many things that were."""
    pending: list[Any] = db.execute("SELECT kind, thing, document FROM pending").fetchall()
    if not pending:
        return 0
    [(name,)] = db.execute("SELECT fields FROM made").fetchall()
    documents = (msgspec.msgpack.decode(packed, type=Document) for _, _, packed in pending if packed)
    FieldIndex(path.parent / str(name)).change([(kind, thing) for kind, thing, _ in pending], documents)
    db.execute("DELETE FROM pending")
    return len(pending)


def _is_usable(path: Path) -> bool:
    def open_index(db: apsw.Connection) -> None:
        [(name,)] = db.execute("SELECT fields FROM made").fetchall()
        FieldIndex(path.parent / str(name))

    return cache_files.is_usable(path, SCHEMA, open_index)


_Turned = list[tuple[tuple[bytes, str], str]]


def _anew(
    path: Path, things: Callable[[], Iterable[Thing]], links: Callable[[], Iterable[Link]], turned: _Turned
) -> Filled:
    name = f"fields-{secrets.token_hex(6)}"
    with cache_files.made_anew(path, SCHEMA, TABLES) as db:

        def documents() -> Iterator[Document]:
            for thing in things():
                _put(db, thing, msgspec.msgpack.encode(thing))
                yield thing.document

        count = FieldIndex(path.parent / name, make=True).add(documents())
        db.executemany("INSERT INTO links VALUES (?,?,?)", links())
        db.executemany("INSERT INTO redirects VALUES (?,?,?)", _flat(turned))
        _weigh(db)
        db.execute(INDEXES)
        db.execute("INSERT INTO made VALUES (?,0)", (name,))
    leave_only(path.parent, name)
    return Filled(count, count, True)


def _change(
    path: Path, things: Callable[[], Iterable[Thing]], links: Callable[[], Iterable[Link]], turned: _Turned
) -> Filled | None:
    """Write what differs, None where that is too much."""
    with cache_files.changing(path) as db:
        [(total,)] = db.execute("SELECT count(*) FROM digests").fetchall()
        most = max(_MOST_CHANGES, int(str(total)) // _PART)
        compared = _compare_things(db, things(), most)
        if compared is None:
            return None
        count, changed = compared
        relinked = _compare_links(db, links(), 10 * most)
        if relinked is None:
            return None
        held: list[Any] = db.execute("SELECT id, kind, thing FROM redirects ORDER BY id, kind").fetchall()
        fresh = list(_flat(turned))
        if changed or relinked or held != fresh:
            db.execute("BEGIN IMMEDIATE")
            _apply(db)
            db.executemany("DELETE FROM redirects WHERE id=? AND kind=? AND thing=?", set(held) - set(fresh))
            db.executemany("INSERT OR REPLACE INTO redirects VALUES (?,?,?)", set(fresh) - set(held))
            db.execute("UPDATE made SET changes=changes+1")
            db.execute("COMMIT")
        catch_up(path, db)
    return Filled(count, changed, False)


def _compare_things(db: apsw.Connection, things: Iterable[Thing], most: int) -> tuple[int, int] | None:
    """Put what differs into `temp.changed`: (how many things there are, how many differ); None where too many do."""
    db.execute("CREATE TEMP TABLE changed (kind TEXT, thing TEXT, packed BLOB)")
    count = changed = 0

    def fresh() -> Iterator[tuple[tuple[str, str], tuple[bytes, bytes]]]:
        nonlocal count
        for thing in things:
            count += 1
            packed = msgspec.msgpack.encode(thing)
            yield (thing.document.kind, thing.document.thing), (cache_files.digest(packed), packed)

    held: Any = db.execute("SELECT kind, thing, digest FROM digests ORDER BY kind, thing")
    before = (((kind, thing), (digest, b"")) for kind, thing, digest in held)
    for key, value in _differing(fresh(), before, lambda one, other: one[0] == other[0]):
        changed += 1
        if changed > most:
            return None
        db.execute("INSERT INTO temp.changed VALUES (?,?,?)", (*key, value[1] if value else None))
    return count, changed


def _compare_links(db: apsw.Connection, links: Iterable[Link], most: int) -> int | None:
    """Put what differs into `temp.relinked`, and say how many that are; None where they are too many."""
    db.execute("CREATE TEMP TABLE relinked (there INT, thing TEXT, kind TEXT, other TEXT)")
    held: Any = db.execute("SELECT thing, kind, other FROM links ORDER BY thing, kind, other")
    changed = 0
    pairs = ((link, True) for link in links), ((link, True) for link in held)
    for link, there in _differing(*pairs, lambda one, other: True):
        changed += 1
        if changed > most:
            return None
        db.execute("INSERT INTO temp.relinked VALUES (?,?,?,?)", (there is not None, *link))
    return changed


def _differing(
    fresh: Iterable[tuple[_Key, _Value]],
    held: Iterable[tuple[_Key, _Value]],
    same: Callable[[_Value, _Value], bool],
) -> Iterator[tuple[_Key, _Value | None]]:
    """What has to be put under a key, or None where it is gone, when both go through their keys in order."""
    old = iter(held)
    at, last = next(old, None), None
    for key, value in fresh:
        if last is not None and key <= last:
            raise ValueError(f"expected things in order, got {key} behind {last}")
        last = key
        while at is not None and at[0] < key:
            yield at[0], None
            at = next(old, None)
        if at is None or at[0] != key:
            yield key, value
        else:
            if not same(value, at[1]):
                yield key, value
            at = next(old, None)
    while at is not None:
        yield at[0], None
        at = next(old, None)


def _apply(db: apsw.Connection) -> None:
    for kind, thing, packed in db.execute("SELECT kind, thing, packed FROM temp.changed"):
        db.execute("DELETE FROM entities WHERE thing=? AND kind=?", (thing, kind))
        db.execute("DELETE FROM digests WHERE kind=? AND thing=?", (kind, thing))
        document = None
        if isinstance(packed, bytes):
            put = msgspec.msgpack.decode(packed, type=Thing)
            _put(db, put, packed)
            document = msgspec.msgpack.encode(put.document)
        db.execute("INSERT OR REPLACE INTO pending VALUES (?,?,?)", (kind, thing, document))
    db.execute(_RELINK)
    _weigh(db, "thing IN (SELECT thing FROM temp.changed UNION SELECT thing FROM temp.relinked)")


def _weigh(db: apsw.Connection, which: str = "true") -> None:
    """Note how well things are known: in the same steps as what has rows, so that a place in a list seldom moves."""
    db.create_scalar_function("step", _step, 1, deterministic=True)
    for kind, other in BELONGS.items():
        db.execute(
            "UPDATE digests SET step = step((SELECT count(*) FROM links l WHERE l.thing = digests.thing AND"
            f" l.kind = ?)) WHERE kind = ? AND {which}",
            (other, kind),
        )


def _step(*counts: object) -> int:
    [count] = counts
    return min(popularity({"releases": int(str(count))}) >> 4, TOP_STEP)


def _put(db: apsw.Connection, thing: Thing, packed: bytes) -> None:
    kind, name = thing.document.kind, thing.document.thing
    db.executemany(
        "INSERT OR IGNORE INTO entities VALUES (?,?,?,?,?,?,?,?)",
        (
            (uuid.UUID(seat.id).bytes, kind, name, seat.shown, thing.name, thing.body, seat.source, seat.seq)
            for seat in thing.seats
        ),
    )
    db.execute("INSERT INTO digests VALUES (?,?,?,NULL)", (kind, name, cache_files.digest(packed)))


def _flat(turned: _Turned) -> Iterator[tuple[bytes, str, str]]:
    return ((id, kind, thing) for (id, kind), thing in turned)


_RELINK: Final = """
DELETE FROM links WHERE (thing, kind, other) IN (SELECT thing, kind, other FROM temp.relinked WHERE NOT there);
INSERT INTO links SELECT thing, kind, other FROM temp.relinked WHERE there;
"""
