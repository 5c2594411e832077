# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows that pages are made of: one message a thing, by id, in SQLite. A cache that any reader may open."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import msgspec
from msgspec import Struct

from onrecord.errors import StoreFailed

SCHEMA = 1


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


def write(
    path: Path, rows: Iterable[Row], redirects: Iterable[tuple[str, str]], holders: Iterable[tuple[str, str]]
) -> int:
    """Write a new file of rows in place of the old one. A reader that has the old one open keeps reading it.

    `redirects` pairs an id with the one it was merged into, `holders` a blob with the recording that it holds.
    """
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    part.unlink(missing_ok=True)
    try:
        count = _write(part, rows, redirects, holders)
    except (apsw.FullError, apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError) as error:
        raise StoreFailed(f"{part}: {error}", "is the disk full? `onrecord match` makes it again") from None
    part.rename(path)
    return count


def _write(
    part: Path, rows: Iterable[Row], redirects: Iterable[tuple[str, str]], holders: Iterable[tuple[str, str]]
) -> int:
    db = apsw.Connection(str(part))
    db.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF")
    db.execute(_TABLES)
    count = 0
    with db:
        for row in rows:
            db.execute(
                "INSERT INTO rows VALUES (?,?,?,?,?,?,?,?)",
                (row.id, row.kind, row.title, row.subtitle, row.has_sound, row.newest, row.seconds, row.body),
            )
            count += 1
        db.executemany("INSERT INTO redirects VALUES (?,?)", redirects)
        db.executemany("INSERT INTO holders VALUES (?,?)", holders)
        db.execute("CREATE INDEX newest ON rows (kind, newest DESC, id)")
        db.execute(f"PRAGMA user_version={SCHEMA}")
    db.close()
    with part.open("rb") as file:
        os.fsync(file.fileno())
    return count


_TABLES = """
CREATE TABLE rows (
  id TEXT PRIMARY KEY, kind TEXT, title TEXT, subtitle TEXT, sound INT, newest INT, seconds REAL, body BLOB
) WITHOUT ROWID;
CREATE TABLE redirects (old TEXT PRIMARY KEY, new TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE holders (blob TEXT PRIMARY KEY, recording TEXT NOT NULL) WITHOUT ROWID;
"""


class Rows:
    """Reads rows. Opens the file anew for each question, so that a rewritten file is seen at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, identifier: str) -> Row | None:
        """The row of an id, or of the id that it was merged into."""
        with _reading(self._path) as db:
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
        with _reading(self._path) as db:
            found = db.execute(
                f"SELECT {_COLUMNS} FROM rows WHERE id=(SELECT recording FROM holders WHERE blob=?)", (blob,)
            ).fetchone()
        return _row(found) if found else None

    def newest(self, kind: str, limit: int) -> list[Row]:
        with _reading(self._path) as db:
            query = f"SELECT {_COLUMNS} FROM rows WHERE kind=? ORDER BY newest DESC, id LIMIT ?"
            return [_row(found) for found in db.execute(query, (kind, limit))]

    def seconds(self) -> float:
        """Length of all sound together."""
        with _reading(self._path) as db:
            total: Any = db.execute("SELECT coalesce(sum(seconds), 0.0) FROM rows").fetchone()
            return float(total[0])

    def count(self) -> dict[str, int]:
        with _reading(self._path) as db:
            return {
                str(kind): int(n) for kind, n in db.execute("SELECT kind, count(*) FROM rows GROUP BY kind")
            }


_COLUMNS = "kind, id, title, subtitle, sound, newest, seconds, body"


def _row(found: tuple[object, ...]) -> Row:
    return msgspec.convert(dict(zip(Row.__struct_fields__, found, strict=True)), Row, strict=False)


@contextmanager
def _reading(path: Path) -> Iterator[apsw.Connection]:
    """The rows as they are now; none where nothing was matched yet."""
    if path.exists():
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    else:
        db = apsw.Connection(":memory:")
        db.execute(_TABLES)
    try:
        yield db
    finally:
        db.close()
