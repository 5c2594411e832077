# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which UUID is which thing, and which things belong together: what a look-up by MBID asks first. SQLite; a cache.

`entity_filling` writes the file.
"""

import uuid
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import apsw
from msgspec import Struct

from onrecord.search.cache_files import reading

SCHEMA: Final = 3

#: What things of these kinds are known by: the more of it, the better known.
BELONGS: Final = {"work": "recording", "label": "release", "release-group": "release"}
#: The highest step of how well they are known.
TOP_STEP: Final = 15

#: A UUID may be that of two things, where a person keeps them apart: the first of them is found by it.
TABLES: Final = """
CREATE TABLE entities (
  id BLOB, kind TEXT, thing TEXT, shown INT, name TEXT, body TEXT, source TEXT, seq INT, PRIMARY KEY (id, kind, thing)
) WITHOUT ROWID;
CREATE TABLE redirects (id BLOB, kind TEXT, thing TEXT, PRIMARY KEY (id, kind)) WITHOUT ROWID;
CREATE TABLE links (thing TEXT, kind TEXT, other TEXT, PRIMARY KEY (thing, kind, other)) WITHOUT ROWID;
CREATE TABLE digests (kind TEXT, thing TEXT, digest BLOB, step INT, PRIMARY KEY (kind, thing)) WITHOUT ROWID;
CREATE TABLE pending (kind TEXT, thing TEXT, document BLOB, PRIMARY KEY (kind, thing)) WITHOUT ROWID;
CREATE TABLE made (fields TEXT, changes INT);
"""
#: Made when all is there.
INDEXES: Final = """
CREATE INDEX things ON entities (thing, kind, id);
CREATE INDEX known ON digests (kind, step, thing) WHERE step IS NOT NULL;
"""


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


_COLUMNS = "kind, id, thing, shown, name, body, source, seq"


class Entities:
    """Reads. Opens the file anew for each question, so that a rewritten file is seen at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, kind: str, id: str) -> Entity | None:
        """The entity of a UUID; where a thing is shown under another id, what it is shown as."""
        with self._reading() as db:
            key = (uuid.UUID(id).bytes, kind)
            query = f"SELECT {_COLUMNS} FROM entities WHERE id=? AND kind=? ORDER BY thing LIMIT 1"
            found = db.execute(query, key).fetchone()
            if found is None:
                led = db.execute("SELECT thing FROM redirects WHERE id=? AND kind=?", key).fetchone()
        if found is None:
            return self.of(kind, str(led[0])) if led else None
        entity = _entity(found)
        return entity if entity.shown else self.of(kind, entity.thing)

    def of(self, kind: str, thing: str) -> Entity | None:
        """What a thing is shown as."""
        with self._reading() as db:
            query = f"SELECT {_COLUMNS} FROM entities WHERE thing=? AND kind=? AND shown ORDER BY id LIMIT 1"
            found = db.execute(query, (thing, kind)).fetchone()
        return _entity(found) if found else None

    def linked(self, thing: str, kind: str, limit: int = 100_000) -> list[str]:
        """The things of a kind that belong to a thing, in the order of their names here."""
        with self._reading() as db:
            query = "SELECT other FROM links WHERE thing=? AND kind=? ORDER BY other LIMIT ?"
            return [str(other) for (other,) in db.execute(query, (thing, kind, limit))]

    def known_only_by(self, kind: str, by: str, things: Collection[str]) -> dict[str, list[str]]:
        """Things of a kind of which all that belongs to them, of the kind `by`, is among these things: which it is."""
        query, found = "SELECT other FROM links WHERE thing=? AND kind=?", dict[str, list[str]]()
        with self._reading() as db:
            for other in {str(row[0]) for thing in things for row in db.execute(query, (thing, kind))}:
                belonging = [str(row[0]) for row in db.execute(query, (other, by))]
                if all(thing in things for thing in belonging):
                    found[other] = belonging
        return found

    def listed(self, kind: str, step: int, behind: str, limit: int) -> list[str]:
        """The things of a kind of `BELONGS` of one step (0 to 15) of how well they are known, behind one, "" for the
        first, in the order of their names here."""
        with self._reading() as db:
            query = "SELECT thing FROM digests WHERE kind=? AND step=? AND thing>? ORDER BY thing LIMIT ?"
            return [str(other) for (other,) in db.execute(query, (kind, step, behind, limit))]

    def step(self, kind: str, thing: str) -> int:
        """How well a thing of a kind of `BELONGS` is known."""
        with self._reading() as db:
            found: Any = db.execute(
                "SELECT step FROM digests WHERE kind=? AND thing=?", (kind, thing)
            ).fetchone()
        return int(found[0] or 0) if found else 0

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

    def changes(self) -> tuple[str, int]:
        """Another value after each change."""
        with self._reading() as db:
            found = db.execute("SELECT fields, changes FROM made").fetchone()
        return (str(found[0]), int(str(found[1]))) if found else ("", 0)

    def is_behind(self) -> bool:
        """Was writing cut short before the index of fields had all that is here?"""
        with self._reading() as db:
            return db.execute("SELECT 1 FROM pending LIMIT 1").fetchone() is not None

    def _reading(self) -> AbstractContextManager[apsw.Connection]:
        return reading(self._path, SCHEMA, TABLES)


def _entity(found: tuple[object, ...]) -> Entity:
    kind, id, thing, shown, name, body, source, seq = found
    assert isinstance(id, bytes) and isinstance(seq, int)
    return Entity(
        str(kind), str(uuid.UUID(bytes=id)), str(thing), bool(shown), str(name), str(body), str(source), seq
    )
