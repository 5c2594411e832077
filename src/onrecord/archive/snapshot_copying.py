# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies what readers need of an archive while somebody may write to it.

Nobody is held up: what is copied is looked at before and after, and where it moved meanwhile it is copied again. Files
that never change where they lie are linked; databases, which do, are copied as SQLite does it.
"""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Final

import apsw

from onrecord.archive.core import Archive
from onrecord.durable import link
from onrecord.errors import OnrecordError, StoreFailed
from onrecord.ledger.ledger import Ledger
from onrecord.search.cache_files import beside
from onrecord.search.entities import ENTITIES, ROWS, Entities
from onrecord.search.rows import Rows

#: Copies that are begun before whoever writes is asked to wait, and seconds between two.
_TRIES: Final = 6
_PAUSE: Final = 0.5
#: Pages that are copied at a time: between two of them who writes may commit, and then SQLite begins anew, unless the
#: file has a write-ahead log.
_PAGES: Final = 4_096
#: Where a SQLite file counts its changes.
_CHANGES: Final = slice(24, 28)


def copy_search(archive: Archive, into: Path) -> None:
    """`search/` as it is at one moment. Raises OnrecordError where it does not hold still."""
    search = archive.folder / "search"
    for attempt in range(_TRIES):
        time.sleep(_PAUSE * (attempt > 0))
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir()
        try:
            before = _State(search)
            for name in before.databases:
                copy_database(search / name, into / name)
            for name in before.indexes:
                _copy_index(search / name, into / name)
            if (search / "fingerprints").is_dir():
                _copy_index(search / "fingerprints", into / "fingerprints")
            if before.is_whole and before == _State(search):
                return
        except FileNotFoundError:
            continue  # it was replaced meanwhile
    raise OnrecordError(
        f"{search}: it changed each time that it was copied", "make the snapshot when the match is done"
    )


def copy_ledger(archive: Archive, into: Path) -> int:
    """The ledger as of now, and the log up to what it knows; gives the number of that entry."""
    copy_database(archive.folder / "ledger.sqlite", into / "ledger.sqlite")
    ledger = Ledger(into / "ledger.sqlite")
    last = ledger.seq
    ledger.close()
    (into / "log").mkdir()
    for path, size in archive.log.files_until(last):
        (into / "log" / path.name).write_bytes(path.read_bytes()[:size])
    return last


def copy_database(source: Path, target: Path) -> None:
    """A SQLite file as of one moment."""
    if not source.is_file():
        raise FileNotFoundError(source)
    try:
        read = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)
        read.set_busy_timeout(10_000)
        written = apsw.Connection(str(target))
        written.execute("PRAGMA synchronous=OFF")
        if read.pragma("journal_mode") == "wal":
            # Who writes goes on beside a reader. One moment is held to, or each commit would begin the copy anew, and
            # with a commit every few seconds it might never end.
            read.execute("BEGIN")
            read.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        with written.backup("main", read, "main") as copy:
            while not copy.done:
                copy.step(_PAGES)
        written.close()
        read.close()
    except apsw.Error as error:
        raise StoreFailed(f"{source}: it cannot be copied to {target}: {error}") from None


def link_tree(source: Path, target: Path, wanted: Callable[[PurePath], bool]) -> None:
    """The files below a folder that never change where they lie. A folder that is not wanted may be going away: nobody
    looks into it."""
    for folder, folders, files in os.walk(source):
        here = Path(folder).relative_to(source)
        folders[:] = sorted(name for name in folders if wanted(here / name))
        for path in (source / here / name for name in sorted(files) if wanted(here / name)):
            if path.is_file() and not path.is_symlink():
                link(path, target / here / path.name)


class _State:
    """By what it is told that nothing of `search/` has moved."""

    def __init__(self, search: Path) -> None:
        rows, entities = Rows(search / ROWS), Entities(search / ENTITIES)
        self.indexes = (rows.text(), entities.fields())
        changes = beside(search / ROWS)
        self.databases = (ROWS, *([changes.name] if changes else []), ENTITIES)
        current = search / "fingerprints" / "current.json"
        self._seen = (
            [_changes(search / name) for name in self.databases],
            [(search / name / "meta.json").read_bytes() for name in self.indexes if name],
            current.read_bytes() if current.exists() else b"",
        )
        #: The indexes have all that is in the databases. Asked last: what is written meanwhile is seen by comparing.
        self.is_whole = all(self.indexes) and not rows.is_behind() and not entities.is_behind()

    def __eq__(self, other: object) -> bool:
        told = self.indexes, self.databases, self._seen
        return isinstance(other, _State) and told == (other.indexes, other.databases, other._seen)


def _changes(path: Path) -> tuple[int, bytes]:
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_ino, file.read(_CHANGES.stop)[_CHANGES]


def _copy_index(source: Path, target: Path) -> None:
    """An index whose files are written once. What names those that count is replaced: it is copied, and first."""
    target.mkdir(parents=True)
    for path in sorted(source.iterdir(), key=lambda path: path.suffix != ".json"):
        if path.is_dir():
            _copy_index(path, target / path.name)
        elif path.suffix == ".json":
            shutil.copyfile(path, target / path.name)
        elif path.suffix != ".lock":
            link(path, target / path.name)
