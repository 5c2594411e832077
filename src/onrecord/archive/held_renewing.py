# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the list of what is held up to date: what the last match left, put beside what the list says already."""

import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import apsw

from onrecord.archive.core import Archive
from onrecord.archive.targets import withdrawals_that_hold, withdrawn_things
from onrecord.catalog import canonical_files
from onrecord.engine.duck import Duck, sql_file
from onrecord.errors import StoreFailed

#: Raised whenever the tables or what a digest is made of are others.
_SCHEMA: Final = 3
_TABLES: Final = """
CREATE TABLE made (mark TEXT NOT NULL);
CREATE TABLE things (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, digest TEXT NOT NULL, stamp INT NOT NULL, gone INT NOT NULL,
  parts TEXT NOT NULL, genre TEXT NOT NULL, name TEXT NOT NULL, maker TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX things_genre ON things (genre, kind, id) WHERE genre <> '' AND NOT gone;
CREATE INDEX things_name ON things (name COLLATE NOCASE, id) WHERE kind = 'release' AND NOT gone;
CREATE INDEX things_maker ON things (maker COLLATE NOCASE, name COLLATE NOCASE, id)
  WHERE kind = 'release' AND NOT gone;
CREATE TABLE members (part TEXT, stamp INT, id TEXT, PRIMARY KEY (part, stamp, id)) WITHOUT ROWID;
CREATE TABLE places (number INTEGER PRIMARY KEY, first TEXT NOT NULL, newest INT NOT NULL);
"""
#: The tables that say what is held, beside what the last match left.
_READ: Final = frozenset({"links", "volumes", "redirects"})
_OF_MATCH: Final = ("recording_members", "canonical_recordings", "canonical_releases", "canonical_tracks")
#: What the folder is called in which the tables stand while they are read.
READING: Final = ".reading-"
#: Everything is a member of this.
ALL: Final = ""
#: Things from one place that is noted to the next.
STEP: Final = 1_000
_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")


def mark_of(archive: Archive) -> str:
    """Another one whenever something is held that was not, is described in other words, or is gone."""
    # Tables are written one after the other. Who takes this before they are read finds another when all are there.
    matched = canonical_files.mark(archive.canonical("").parent, _OF_MATCH)
    newest = max((seq for segment, seq in archive.ledger.segments() if segment.name in _READ), default=0)
    return f"{_SCHEMA} {archive.id} {matched} {newest} {archive.ledger.withdrawal_mark()}"


def open_list(path: Path) -> apsw.Connection:
    """The list as it is; an empty one where there is none yet."""
    if path.exists():
        try:
            db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
            db.set_busy_timeout(10_000)
            if db.pragma("user_version") == _SCHEMA:
                return db
            db.close()
        except apsw.Error as error:
            raise StoreFailed(f"{path}: {error}", "delete it; it is made again") from None
    db = apsw.Connection(":memory:")
    db.execute(_TABLES)
    return db


def renew(archive: Archive, path: Path, mark: str) -> None:
    """Write what is other than it was, in one transaction; whoever reads meanwhile reads what was."""
    db = apsw.Connection(str(path))
    try:
        db.set_busy_timeout(60_000)
        if db.pragma("user_version") != _SCHEMA:
            db.execute("DROP TABLE IF EXISTS made; DROP TABLE IF EXISTS things; DROP TABLE IF EXISTS members")
            db.execute("DROP TABLE IF EXISTS places")
            db.execute(_TABLES)
            db.pragma("journal_mode", "wal")
            db.pragma("user_version", _SCHEMA)
        db.execute(
            "CREATE TEMP TABLE fresh (id TEXT PRIMARY KEY, kind TEXT, digest TEXT, gone INT, parts TEXT,"
            " genre TEXT, name TEXT, maker TEXT) WITHOUT ROWID"
        )
        canonical = archive.canonical("").parent
        canonical.mkdir(parents=True, exist_ok=True)
        with canonical_files.standing(canonical, READING) as standing, archive.duck() as duck:
            if not all((standing / f"{name}.parquet").exists() for name in _OF_MATCH):
                return  # the list stays as it was, and is looked at again with the next question
            _attach(archive, duck, standing)
            rows = duck.stream(sql_file("onrecord.catalog", "held_things"))
            with db:
                db.executemany("INSERT INTO fresh VALUES (?,?,?,?,?,?,?,?)", _spelled(rows))
        # The next second, so that a harvester who asks while this is written finds it the next time.
        _take(db, math.ceil(archive.clock().timestamp()) + 1, mark)
    except apsw.Error as error:
        raise StoreFailed(f"{path}: {error}", "delete it; it is made again") from None
    finally:
        db.close()


def _take(db: apsw.Connection, now: int, mark: str) -> None:
    """Put what is fresh, as far as it is other than what stood there, in its place."""
    with db:
        # What is no longer listed at all is gone; it keeps what it belonged to, and so does what is withdrawn.
        db.execute(
            "INSERT INTO fresh SELECT id, kind, '', 1, parts, '', '', '' FROM things"
            " WHERE id NOT IN (SELECT id FROM fresh)"
        )
        db.execute(
            "UPDATE fresh SET parts = (SELECT parts FROM things t WHERE t.id = fresh.id)"
            " WHERE gone AND id IN (SELECT id FROM things)"
        )
        db.execute(
            "CREATE TEMP TABLE changed AS SELECT f.*, t.stamp, t.parts AS former FROM fresh f"
            " LEFT JOIN things t ON t.id = f.id"
            " WHERE t.id IS NULL OR (t.digest, t.gone, t.parts) <> (f.digest, f.gone, f.parts)"
        )
        for id, parts, stamp, former in db.execute("SELECT id, parts, stamp, former FROM changed"):
            for part in (ALL, *str(former).split()) if stamp is not None else ():
                db.execute("DELETE FROM members WHERE part=? AND stamp=? AND id=?", (part, stamp, id))
            for part in (ALL, *str(parts).split()):
                db.execute("INSERT INTO members VALUES (?,?,?)", (part, now, id))
        db.execute(
            "INSERT OR REPLACE INTO things SELECT id, kind, digest, ?, gone, parts, genre, name, maker FROM changed",
            (now,),
        )
        db.execute("DELETE FROM places")
        db.execute(
            "INSERT INTO places SELECT n / ?, min(id), max(stamp) FROM"
            " (SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, stamp FROM things WHERE NOT gone) GROUP BY 1",
            (STEP,),
        )
        db.execute("DELETE FROM made")
        db.execute("INSERT INTO made VALUES (?)", (mark,))


def _spelled(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    for id, kind, digest, gone, shelves, genre, name, maker in rows:
        listed = shelves if isinstance(shelves, list) else []
        parts = [str(kind), *(f"shelf:{_ODD.sub('-', str(shelf))}" for shelf in listed)]
        said = (str(genre or ""), str(name or ""), str(maker or ""))
        yield str(id), str(kind), str(digest), bool(gone), " ".join(dict.fromkeys(parts)), *said


def _attach(archive: Archive, duck: Duck, standing: Path) -> None:
    for name in _OF_MATCH:
        duck.run(f"CREATE OR REPLACE VIEW {name} AS {canonical_files.rows(standing, name)}")
    duck.table("taken_back", {"evidence": "VARCHAR"}, [(it,) for it in archive.ledger.retracted()])
    if any(withdrawals_that_hold(archive)):
        withdrawn_things(archive, duck)
    else:
        duck.table("withdrawn_things", {"kind": "VARCHAR", "id": "VARCHAR", "day": "VARCHAR"}, [])
