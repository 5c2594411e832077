# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which UUID is which thing, and which things belong together: what a look-up by MBID asks first. SQLite; a cache."""

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
from msgspec import Struct

from onrecord.errors import StoreFailed

SCHEMA = 1


class Entity(Struct, frozen=True):
    """A thing under one of its ids. `source` and `seq` say where a kept record of it lies, "" and 0 where none does.

    `body` is JSON of the claims on things that have no page of their own (works, labels), else "".
    """

    kind: str
    id: str
    thing: str
    shown: bool
    name: str
    body: str
    source: str
    seq: int


def write(
    path: Path,
    entities: Iterable[tuple[str, str, str, bool, str, str, str, int]],
    links: Iterable[tuple[str, str, str]],
    index: str,
) -> int:
    """Write a new file in place of the old one, which readers that have it open go on reading. `index` names the index
    of fields that was made with it."""
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    part.unlink(missing_ok=True)
    try:
        count = _write(part, entities, links, index)
    except (apsw.FullError, apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError) as error:
        raise StoreFailed(f"{part}: {error}", "is the disk full? `onrecord match` makes it again") from None
    part.rename(path)
    return count


def _write(
    part: Path,
    entities: Iterable[tuple[str, str, str, bool, str, str, str, int]],
    links: Iterable[tuple[str, str, str]],
    index: str,
) -> int:
    db = apsw.Connection(str(part))
    db.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF")
    db.execute(_TABLES)
    count = 0
    with db:
        for kind, id, *rest in entities:
            # An old id that was given to two things over time stays with the first: ids are never reused.
            db.execute(
                "INSERT OR IGNORE INTO entities VALUES (?,?,?,?,?,?,?,?)", (uuid.UUID(id).bytes, kind, *rest)
            )
            count += 1
        db.executemany("INSERT OR IGNORE INTO links VALUES (?,?,?)", links)
        db.execute("CREATE INDEX things ON entities (thing, kind, id) WHERE shown")
        db.execute("INSERT INTO made VALUES (?)", (index,))
        db.execute(f"PRAGMA user_version={SCHEMA}")
    db.close()
    with part.open("rb") as file:
        os.fsync(file.fileno())
    return count


_TABLES = """
CREATE TABLE entities (
  id BLOB, kind TEXT, thing TEXT, shown INT, name TEXT, body TEXT, source TEXT, seq INT, PRIMARY KEY (id, kind)
) WITHOUT ROWID;
CREATE TABLE links (thing TEXT, kind TEXT, other TEXT, PRIMARY KEY (thing, kind, other)) WITHOUT ROWID;
CREATE TABLE made (fields TEXT);
"""
_COLUMNS = "kind, id, thing, shown, name, body, source, seq"


class Entities:
    """Reads. Opens the file anew for each question, so that a rewritten file is seen at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, kind: str, id: str) -> Entity | None:
        """The entity of a UUID; where a thing is shown under another id, what it is shown as."""
        with self._reading() as db:
            query = f"SELECT {_COLUMNS} FROM entities WHERE id=? AND kind=?"
            found = db.execute(query, (uuid.UUID(id).bytes, kind)).fetchone()
        entity = _entity(found) if found else None
        return entity if entity is None or entity.shown else self.of(kind, entity.thing)

    def of(self, kind: str, thing: str) -> Entity | None:
        """What a thing is shown as."""
        with self._reading() as db:
            query = f"SELECT {_COLUMNS} FROM entities WHERE thing=? AND kind=? AND shown ORDER BY id LIMIT 1"
            found = db.execute(query, (thing, kind)).fetchone()
        return _entity(found) if found else None

    def linked(self, thing: str, kind: str) -> list[str]:
        """The things of a kind that belong to a thing, in the order of their names here."""
        with self._reading() as db:
            query = "SELECT other FROM links WHERE thing=? AND kind=? ORDER BY other LIMIT 100000"
            return [str(other) for (other,) in db.execute(query, (thing, kind))]

    def ids(self, things: Iterable[str]) -> set[str]:
        """All ids of these things."""
        with self._reading() as db:
            query = "SELECT id FROM entities WHERE thing=? AND shown"
            return {str(uuid.UUID(bytes=id)) for thing in things for (id,) in db.execute(query, (thing,))}

    def fields(self) -> str:
        """The name of the index of fields that was made with this, "" where nothing was yet."""
        with self._reading() as db:
            found = db.execute("SELECT fields FROM made").fetchone()
        return str(found[0]) if found else ""

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        if self._path.exists():
            db = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READONLY)
        else:
            db = apsw.Connection(":memory:")
            db.execute(_TABLES)
        try:
            yield db
        finally:
            db.close()


def _entity(found: tuple[object, ...]) -> Entity:
    kind, id, thing, shown, name, body, source, seq = found
    assert isinstance(id, bytes) and isinstance(seq, int)
    return Entity(
        str(kind), str(uuid.UUID(bytes=id)), str(thing), bool(shown), str(name), str(body), str(source), seq
    )
