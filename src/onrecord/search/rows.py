# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows that pages are made of: one message a thing, by id, in SQLite. A cache that any reader may open.

Each row has a number, by which the text index names it. `row_filling` writes the file.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec
from msgspec import Struct

from onrecord.search import cache_files
from onrecord.search.codes import Key, pack

SCHEMA: Final = 3

TABLES: Final = """
CREATE TABLE rows (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT, title TEXT, subtitle TEXT, sound INT, newest INT,
  seconds REAL, body BLOB, beside TEXT, facets TEXT, weight INT, known BLOB, codes BLOB,
  digest BLOB
);
CREATE TABLE codes (scheme INT, key, number INT, PRIMARY KEY (scheme, key, number)) WITHOUT ROWID;
CREATE TABLE redirects (old TEXT PRIMARY KEY, new TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE holders (blob TEXT PRIMARY KEY, recording TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE made (text TEXT NOT NULL, last INT NOT NULL);
CREATE TABLE pending (number INTEGER PRIMARY KEY);
"""


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """A thing as lists show it. `body` is what its own page shows, packed by whoever wrote it."""

    kind: str
    id: str
    title: str
    subtitle: str
    has_sound: bool
    newest: int
    seconds: float
    body: bytes


class Named(Struct, frozen=True):
    """What a search weighs of a row. `beside` holds names that are searched too, `weight` is how popular it is, `known`
    what was counted for that (`popularity`)."""

    number: int
    id: str
    title: str
    beside: str
    facets: tuple[str, ...]
    weight: int
    known: dict[str, int] = {}


class Rows:
    """Reads rows. Opens the file anew for each question, so that a rewritten file is seen at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, identifier: str) -> Row | None:
        """The row of an id, or of the id that it was merged into."""
        with reading(self._path) as db:
            seen = set()
            while identifier not in seen:
                seen.add(identifier)
                row = db.execute("SELECT new FROM redirects WHERE old=?", (identifier,)).fetchone()
                if row is None:
                    break
                identifier = str(row[0])
            found = db.execute(f"SELECT {_COLUMNS} FROM rows WHERE id=?", (identifier,)).fetchone()
        return _row(found) if found else None

    def holder(self, blob: str) -> Row | None:
        """The row of the recording that a blob holds."""
        with reading(self._path) as db:
            found = db.execute(
                f"SELECT {_COLUMNS} FROM rows WHERE id=(SELECT recording FROM holders WHERE blob=?)", (blob,)
            ).fetchone()
        return _row(found) if found else None

    def newest(self, kind: str, limit: int) -> list[Row]:
        with reading(self._path) as db:
            query = f"SELECT {_COLUMNS} FROM rows WHERE kind=? ORDER BY newest DESC, id LIMIT ?"
            return [_row(found) for found in db.execute(query, (kind, limit))]

    def coded(self, scheme: int, key: Key, limit: int = 1000) -> list[int]:
        """Numbers of the things that bear an identifier, as `codes.pack` gives it."""
        query = "SELECT number FROM codes WHERE scheme=? AND key=? ORDER BY number LIMIT ?"
        with reading(self._path) as db:
            return [int(number) for (number,) in db.execute(query, (scheme, key, limit))]

    def bearing(self, scheme: str, value: str, limit: int = 1000) -> list[str]:
        """Ids of the things that bear an identifier; none where the value is not one of its scheme."""
        key = pack(scheme, value)
        return [item.id for item in self.named(self.coded(*key, limit))] if key else []

    def number(self, identifier: str) -> int | None:
        """The number of an id, or of the id that it was merged into."""
        row = self.get(identifier)
        if row is None:
            return None
        with reading(self._path) as db:
            found = db.execute("SELECT number FROM rows WHERE id=?", (row.id,)).fetchone()
        return int(found[0]) if found else None

    def named(self, numbers: Sequence[int]) -> list[Named]:
        """What is there of these numbers, in their order; one that is gone is left out."""
        query = "SELECT number, id, title, beside, facets, weight, known FROM rows WHERE number=?"
        with reading(self._path) as db:
            found = [db.execute(query, (number,)).fetchone() for number in numbers]
        return [_named(row) for row in found if row]

    def text(self) -> str:
        """Name of the text index that these rows are found by, "" where nothing was matched yet."""
        with reading(self._path) as db:
            found = db.execute("SELECT text FROM made").fetchone()
        return str(found[0]) if found else ""

    def is_behind(self) -> bool:
        """Was writing cut short before the text index had all that is here?"""
        with reading(self._path) as db:
            return db.execute("SELECT 1 FROM pending LIMIT 1").fetchone() is not None

    def seconds(self) -> float:
        """Length of all sound together."""
        with reading(self._path) as db:
            total: Any = db.execute("SELECT coalesce(sum(seconds), 0.0) FROM rows").fetchone()
            return float(total[0])

    def count(self) -> dict[str, int]:
        with reading(self._path) as db:
            return {
                str(kind): int(n) for kind, n in db.execute("SELECT kind, count(*) FROM rows GROUP BY kind")
            }


_COLUMNS = "kind, id, title, subtitle, sound, newest, seconds, body"


def _row(found: tuple[object, ...]) -> Row:
    return msgspec.convert(dict(zip(Row.__struct_fields__, found, strict=True)), Row, strict=False)


def _named(found: tuple[Any, ...]) -> Named:
    number, identifier, title, beside, facets, weight, known = found
    counted: dict[str, int] = msgspec.json.decode(known) if known else {}
    return Named(number, identifier, title, beside, tuple(facets.split()), weight, counted)


def reading(path: Path) -> AbstractContextManager[apsw.Connection]:
    """The rows as they are now; none where nothing was matched yet, or where another version wrote them."""
    return cache_files.reading(path, SCHEMA, TABLES)
