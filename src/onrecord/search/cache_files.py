# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SQLite file that can be made again, with an index beside it: how it is read, made anew, and changed where it lies.

A file of large pages takes little room, but a change writes each page that it touches twice, in the journal as it was.
So a file may have another of small pages, to which all changes go (`made_anew`); a connection has both. What the file
holds and what its index hears of is the business of `rows` with `row_filling`, and of `entities` with
`entity_filling`.
"""

import functools
import hashlib
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from onrecord.durable import file_mark, settle, sync
from onrecord.errors import StoreFailed

#: How long a reader waits while a change is written (a matter of milliseconds) before it gives up.
_PATIENCE_MS: Final = 5_000
#: Files that a thread keeps open, and how much of each it keeps in memory: there may be forty threads.
_MOST_OPEN: Final = 4
_CACHE_KB: Final = 1_024
#: As much of it who changes it keeps in memory.
_CHANGING_KB: Final = 65_536
#: Bytes of a page of the file for changes, and by which name a connection has that: the disk writes 4,096 at least, but
#: many small tables lie in as many.
_PAGE: Final = 1_024
CHANGES: Final = "changes"
_HINT: Final = "`onrecord match` makes it again"


@contextmanager
def reading(path: Path, schema: int, tables: str) -> Iterator[apsw.Connection]:
    """The file as it is now; empty `tables`, those for changes too, where there is none yet, or where another version
    wrote it.

    A thread keeps what it has opened, with the pages that it has read, until another file takes the place.
    """
    db = _kept(path, schema) or _opened(path, schema, tables)
    try:
        yield db
    except (apsw.BusyError, apsw.CorruptError, apsw.NotADBError, apsw.IOError) as error:
        _forget(path)
        raise StoreFailed(f"{path}: {error}", _HINT) from None


def is_usable(path: Path, schema: int, open_index: Callable[[apsw.Connection], object]) -> bool:
    """Is there a file of this version, whole, with an index that opens?"""
    if not path.exists():
        return False
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        if db.pragma("user_version") != schema:
            return False
        _attach(db, path)
        open_index(db)
    except (apsw.CorruptError, apsw.NotADBError, apsw.CantOpenError, StoreFailed, ValueError):
        return False
    finally:
        db.close()
    return True


@contextmanager
def said(path: Path) -> Iterator[None]:
    """What the disk does not allow while the file is written, as an error of ours."""
    try:
        yield
    except (apsw.FullError, apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError, apsw.BusyError) as error:
        raise StoreFailed(f"{path}: {error}", f"is the disk full? {_HINT}") from None


@contextmanager
def made_anew(
    path: Path, schema: int, tables: str, page: int = 4_096, changes: str = ""
) -> Iterator[apsw.Connection]:
    """An empty file of these tables, in pages of so many bytes, to fill; it takes the old one's place, durable, when
    that ended well. `changes` are tables that lie in a file beside it."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    other = path.with_name(f"{path.stem}-{secrets.token_hex(6)}{path.suffix}")
    try:
        with _empty(part, schema, tables, page) as db:
            if changes:
                with _empty(other, schema, changes, _PAGE):
                    pass
                db.execute(f"{_BESIDE}; INSERT INTO {CHANGES} VALUES (?)", (other.name,))
                _attach(db, path)
                db.execute(f"PRAGMA {CHANGES}.synchronous=OFF; PRAGMA {CHANGES}.journal_mode=OFF")
            with db:
                yield db
        if changes:
            sync(other)
    except BaseException:
        other.unlink(missing_ok=True)
        raise
    # A change that a kill left half done in the old file is none of the new one's.
    path.with_name(path.name + "-journal").unlink(missing_ok=True)
    settle(part, path)
    for former in path.parent.glob(f"{path.stem}-*{path.suffix}*"):
        if not former.name.startswith(other.name):
            former.unlink(missing_ok=True)  # a reader in mid-question keeps it open


@contextmanager
def _empty(path: Path, schema: int, tables: str, page: int) -> Iterator[apsw.Connection]:
    db = apsw.Connection(str(path))
    try:
        db.execute(f"PRAGMA page_size={page}; PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF")
        db.execute(f"{tables}; PRAGMA user_version={schema}; PRAGMA application_id={secrets.randbits(31)}")
        yield db
    finally:
        db.close()


@contextmanager
def changing(path: Path) -> Iterator[apsw.Connection]:
    """The file, to be changed by a transaction while readers go on (`commit`). Where there is a file for changes, only
    that can be changed: AuthError. So a transaction locks the other for nobody, and is told to no journal of both."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        db.set_busy_timeout(60_000)
        # Readers are shut out only while the transaction is committed, not while it grows. What it is compared with is
        # asked for here and there, and a page holds many rows.
        attached = _attach(db, path)
        for schema in ("main", *attached):
            db.execute(f"PRAGMA {schema}.synchronous=FULL; PRAGMA {schema}.cache_size=-{_CHANGING_KB}")
        db.execute("PRAGMA cache_spill=OFF")
        if attached:
            db.authorizer = _only_changes
        yield db
    finally:
        db.close()


def commit(db: apsw.Connection, path: Path) -> None:
    """End a transaction of `changing`."""
    db.execute("COMMIT")
    # Readers see by the file's time that there was a change.
    os.utime(path)


def _only_changes(
    action: int, _table: str | None, _column: str | None, schema: str | None, _trigger: str | None
) -> int:
    written = action in (apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE)
    return int(apsw.SQLITE_DENY if written and schema == "main" else apsw.SQLITE_OK)


def beside(path: Path) -> Path | None:
    """The file for changes of a file, if it has one."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return _beside(db, path)
    finally:
        db.close()


#: In the file: the name of that for changes, which is another for each.
_BESIDE: Final = f"CREATE TABLE {CHANGES} (file TEXT)"


def _beside(db: apsw.Connection, path: Path) -> Path | None:
    if not db.execute("SELECT 1 FROM main.sqlite_schema WHERE name = ?", (CHANGES,)).fetchone():
        return None
    [(name,)] = db.execute(f"SELECT file FROM main.{CHANGES}").fetchall()
    return path.with_name(str(name))


def _attach(db: apsw.Connection, path: Path) -> Sequence[str]:
    """Let a connection have the file for changes, too; gives by which name, if there is one. CorruptError where it is
    that of another file, or of none."""
    other = _beside(db, path)
    if other is None:
        return ()
    if not other.exists():
        raise apsw.CorruptError(f"{other.name} is not there")  # SQLite would make one
    db.execute("ATTACH ? AS " + CHANGES, (str(other),))
    # This also takes back what a kill left half done there, or says that who only reads cannot.
    if db.pragma("user_version", schema=CHANGES) == 0:
        raise apsw.CorruptError(f"{other.name} is empty")
    return (CHANGES,)


def mark(path: Path) -> object:
    """Another one once the file was changed, or others took the place of it or of that for changes; None where there is
    none."""
    seen = file_mark(path)
    return seen and (seen, file_mark(_beside_of(path, seen) or path))


@functools.lru_cache(maxsize=8)
def _beside_of(path: Path, _seen: object) -> Path | None:
    try:
        return beside(path)
    except apsw.Error:
        return None  # who reads it is told


def told_apart(db: apsw.Connection) -> str:
    """Another text for each file with that for changes, and for each copy of these: what was read and never changes in
    them is kept under this. "" where there is no file."""
    if not db.filename:
        return ""
    return f"{db.pragma('application_id')} {_identity(Path(db.filename))} {_changes_identity(db)}"


def digest(packed: bytes) -> bytes:
    """By which what is written is told from what is there."""
    return hashlib.blake2b(packed, digest_size=10).digest()


_Identity = tuple[tuple[int, int], tuple[int, int] | None]


class _Open(threading.local):
    """What a thread has open: by path, with what tells its files from others in their place. The last is the newest."""

    def __init__(self) -> None:
        self.files: OrderedDict[Path, tuple[_Identity, apsw.Connection]] = OrderedDict()


_open: Final = _Open()


def _kept(path: Path, schema: int) -> apsw.Connection | None:
    """What this thread has open of the file that is there now. What was changed in it, SQLite sees by itself."""
    opened, db = _open.files.get(path, (None, None))
    if db is None:
        return None
    try:
        if opened == (_identity(path), _changes_identity(db)) and _version(db) == schema:
            _open.files.move_to_end(path)
            return db
    except (OSError, apsw.Error):
        pass  # it went, or a kill left a change half done: what opens it anew can tell
    _forget(path)
    return None


def _forget(path: Path) -> None:
    # Whoever still reads it holds it; else it is closed by this.
    _open.files.pop(path, None)


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _changes_identity(db: apsw.Connection) -> tuple[int, int] | None:
    return _identity(Path(db.db_filename(CHANGES))) if CHANGES in db.db_names() else None


def _version(db: apsw.Connection) -> object:
    """The file's, where that for changes can be read, too."""
    found = db.pragma("user_version")
    return found if CHANGES not in db.db_names() or db.pragma("user_version", schema=CHANGES) else None


def _opened(path: Path, schema: int, tables: str) -> apsw.Connection:
    while path.exists():
        identity = _identity(path)
        try:
            db = _attached(path, schema)
        except apsw.Error as error:
            if path.exists() and identity != _identity(path):
                continue  # others have taken the place of both files
            raise StoreFailed(f"{path}: {error}", _HINT) from None
        if db is None:
            break
        _open.files[path] = (identity, _changes_identity(db)), db
        while len(_open.files) > _MOST_OPEN:
            _open.files.popitem(last=False)
        return db
    db = apsw.Connection(":memory:")
    db.execute(tables)
    return db


def _attached(path: Path, schema: int) -> apsw.Connection | None:
    """A connection to the file with that for changes; None where another version wrote it."""
    for flags in (apsw.SQLITE_OPEN_READONLY, apsw.SQLITE_OPEN_READWRITE):
        db = apsw.Connection(str(path), flags=flags)
        db.set_busy_timeout(_PATIENCE_MS)
        try:
            if db.pragma("user_version") == schema:
                for name in ("main", *_attach(db, path)):
                    db.execute(f"PRAGMA {name}.cache_size=-{_CACHE_KB}")
                return db
        except apsw.Error as error:
            db.close()
            # A kill left a change half done: whoever may write takes it back, so the next opens it for that.
            if flags == apsw.SQLITE_OPEN_READWRITE or not isinstance(
                error, apsw.ReadOnlyError | apsw.CantOpenError
            ):
                raise
        else:
            db.close()
            break
    return None
