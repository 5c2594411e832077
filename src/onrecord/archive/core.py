# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An open archive: its folder, its parts, and how a change is committed."""

import datetime as dt
import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import msgspec

from onrecord.archive import far_tables
from onrecord.archive.opening_roots import roots_of
from onrecord.archive.settings import Settings, read_settings, write_settings
from onrecord.catalog import canonical_files
from onrecord.catalog.tables import Row, Tables
from onrecord.engine.duck import Duck, sweep_spill
from onrecord.engine.parquet import read_rows
from onrecord.errors import (
    ArchiveNotFound,
    IntegrityError,
    NewerFormat,
    ReadersOnly,
    StoreFailed,
    UsageError,
)
from onrecord.ledger import (
    BlobRow,
    DepositRow,
    Entry,
    Ledger,
    LedgerDamaged,
    LinkedEvidence,
    Log,
    PictureMark,
    RecordMark,
    Rows,
    Segment,
    Validators,
    Withdrawn,
    writing,
)
from onrecord.ledger.log import utc_now
from onrecord.model.lyrics import is_lyrics
from onrecord.model.rights import Evidence
from onrecord.model.words import is_utf8
from onrecord.search.finishing import finish
from onrecord.store import Staged, Store
from onrecord.store.roots import make_root, refused_write

FORMAT = 1
#: Lies in a snapshot, and in an archive that was made of one (`snapshots`).
SNAPSHOT = "snapshot.json"
#: Leads, in such an archive, to where what people have at this machine stays while snapshots come and go.
OWN = "own"
#: Rows of all tables together, of which a job is planned for longer than it runs.
_FEW = 20_000


def own_place(folder: Path) -> Path:
    """Where an archive's folder has what belongs to people at this machine: itself, or what it leads to as `OWN`."""
    own = folder / OWN
    return own.resolve() if own.is_symlink() else folder


def make_own(folder: Path, name: str) -> Path:
    """A file in `own_place`, made where there is none, that its owner alone may read. ReadersOnly where nobody may
    write."""
    path = own_place(folder) / name
    try:
        # Made before anything opens it, so that no moment passes in which others could read it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        raise ReadersOnly(
            f"{path}: {error.strerror}",
            "serve where it can be written, such as a snapshot of the archive (`onrecord snapshot make`)",
        ) from None
    return path


class Archive:
    """An archive in a folder. Make one with `create`, get one with `open`; the steps are functions over it.

    Any number of processes may read while one writes. `clock` is asked for the time of log entries and for today.
    """

    def __init__(self, folder: Path, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self.folder = folder
        self.clock = clock
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self.settings: Settings = read_settings(folder / "onrecord.toml")
        self.log = Log(folder / "log", clock)
        roots = roots_of(folder, self.settings)
        self.lost_roots, self.unreached_roots = roots.lost, roots.unreached
        self.store = Store(roots.there, reserve=self.settings.store.reserve_mb * 1024 * 1024)
        self.tables = Tables(folder / "catalog")
        self.ledger = self._open_ledger()

    @classmethod
    def create(cls, folder: Path, name: str = "", clock: Callable[[], dt.datetime] = utc_now) -> Self:
        """Make an archive in a folder that is empty or does not exist yet."""
        if not is_utf8(str(folder.resolve())):
            raise UsageError(
                f"{folder}: expected a name in UTF-8, no index can lie elsewhere", "choose another"
            )
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(
                f"{folder}: expected a folder that is empty or new", "choose another, or empty it"
            )
        folder.mkdir(parents=True, exist_ok=True)
        make_root(folder / "blobs")
        for part in ("log", "catalog", "search", "editions"):
            (folder / part).mkdir()
        Log(folder / "log", clock).append("created", {"format": FORMAT, "archive": secrets.token_hex(8)})
        name = name or folder.resolve().name
        # Written last: a folder with settings is an archive.
        write_settings(folder / "onrecord.toml", {"archive": {"name": name}, "store": {"roots": ["blobs"]}})
        return cls(folder, clock)

    @classmethod
    def open(cls, folder: Path, clock: Callable[[], dt.datetime] = utc_now) -> Self:
        if not (folder / "onrecord.toml").is_file():
            raise ArchiveNotFound(
                f"{folder}: no archive here", "make one with `onrecord init`, or name one with -C"
            )
        return cls(folder, clock)

    def close(self) -> None:
        self.ledger.close()
        if self._copy is not None:
            self._copy.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def today(self) -> dt.date:
        return self.clock().astimezone(dt.UTC).date()

    @property
    def id(self) -> str:
        """The archive's own id, from the first entry of its log."""
        return self.ledger.meta("archive")

    @property
    def is_snapshot(self) -> bool:
        """Is this what readers need of an archive that lies elsewhere? It has no claims and takes nothing."""
        return (self.folder / SNAPSHOT).is_file()

    def canonical(self, name: str) -> Path:
        """Where the matcher leaves a table of its own: not committed, made again by the next run. Of the tables of
        `catalog.canonical_files`, updates may lie beside it: `canonical_rows` reads both."""
        return self.folder / "catalog" / "canonical" / f"{name}.parquet"

    def canonical_rows(self, name: str, things: str = "") -> str:
        """The query of a table that the matcher left, of all or of `things` (a query of `id`)."""
        return canonical_files.rows(self.folder / "catalog" / "canonical", name, things)

    @contextmanager
    def writing(self, checking: bool = False, *, moment: bool = False) -> Iterator[None]:
        """Hold the write lock, with whatever a killed run left behind cleaned up.

        `moment`: for seconds only, within a long run (`ledger.lock`): it waits for others, and they for it. LogBroken
        where the last check found the log broken, unless this is a check. ReadersOnly in a snapshot.
        """
        self._refuse_readers("takes nothing that is new")
        with self.naming_refusals(), writing(self.folder / "lock", moment=moment):
            if not checking:
                self.log.refuse_if_broken()
            self.log.mend()
            self.store.sweep()
            for left in self.folder.glob("editions/.building-*"):
                shutil.rmtree(left)
            self._catch_up(self.ledger)
            self.tables.sweep(self.log.next_seq)
            sweep_spill(self.folder / "search" / "spill")
            finish(self.folder / "search")
            try:
                yield
            finally:
                # What was staged and not committed would take up room until the next run.
                with suppress(OSError):
                    self.store.sweep()

    def commit(
        self,
        event: str,
        data: Mapping[str, Any],
        rows: Mapping[str, Sequence[Row]] | None = None,
        evidence: Sequence[Evidence] = (),
        staged: Sequence[Staged] = (),
        tables: Mapping[str, Iterable[Any]] | None = None,
    ) -> Entry:
        """Commit an event: make staged blobs durable, write the rows as segments, log, index; in this order.

        `tables` are rows too, by the million: Arrow tables with the columns of the archive's own.

        After a kill anywhere in here the event either counts whole, at the next opening, or not at all.
        """
        self.store.commit(staged)
        seq = self.log.next_seq
        segments = [
            segment
            for name, listed in (rows or {}).items()
            if (segment := self.tables.append(name, seq, listed)) is not None
        ]
        segments += [
            segment
            for name, listed in (tables or {}).items()
            if (segment := self.tables.append_tables(name, seq, listed)) is not None
        ]
        body = dict(data)
        body["segments"] = [msgspec.to_builtins(segment) for segment in segments]
        if evidence:
            body["evidence"] = [msgspec.to_builtins(item) for item in evidence]
        entry = self.log.append(event, body)
        self.ledger.index(entry, self._rows(segments))
        return entry

    @contextmanager
    def duck(self, *, large: bool = False) -> Iterator[Duck]:
        """DuckDB over the committed tables, by their names; `large` for jobs that copy much of them. ReadersOnly in a
        snapshot."""
        self._refuse_readers("has no claims")
        spill = Path(tempfile.gettempdir()) if self._is_still else self.folder / "search" / "spill"
        segments = [segment for segment, _ in self.ledger.segments()]
        few = sum(segment.rows for segment in segments) < _FEW
        duck = Duck(spill, self.settings.work.memory, self.settings.workers, large=large and not few, few=few)
        try:
            self.tables.attach(duck, segments)
            yield duck
        finally:
            duck.close()

    @contextmanager
    def naming_refusals(self) -> Iterator[None]:
        """A full disk, or a write that failed without a name, is said with its place."""
        try:
            yield
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            if full or error.filename is None:
                raise refused_write(error, self.folder) from error
            raise

    def rebuild_ledger(self) -> None:
        """Put the index aside and make it again from the log, the segments and the roots."""
        self.ledger.close()
        self._set_ledger_aside()
        self.ledger = self._open_ledger()

    def _refuse_readers(self, why: str) -> None:
        if self.is_snapshot:
            raise ReadersOnly(
                f"{self.folder}: a snapshot of an archive {why}", "do this where the archive itself lies"
            )

    def _set_ledger_aside(self) -> None:
        mark = secrets.token_hex(4)
        for path in self.folder.glob("ledger.sqlite*"):
            path.rename(path.with_name(path.name.replace("ledger.sqlite", f"ledger.damaged-{mark}")))

    def _open_ledger(self) -> Ledger:
        path = self.folder / "ledger.sqlite"
        if self._is_still:
            return self._open_still(path)
        try:
            ledger = Ledger(path)
        except LedgerDamaged:
            self._refuse_readers("cannot make its ledger anew, which is damaged: open the snapshot again")
            # Only a writer may move it: another process may be committing to a file that it has just made anew.
            with writing(self.folder / "lock"):
                self._set_ledger_aside()
                ledger = Ledger(path)
        self._catch_up(ledger)
        if self.settings.store.tables:
            far_tables.bring(self.folder, self.settings, [segment for segment, _ in ledger.segments()])
        return ledger

    def _open_still(self, path: Path) -> Ledger:
        """The ledger of an archive that nobody can write to; where it is behind the log, or a writer was killed
        before all of it was in its place, a copy that is read instead, and where it is damaged, one made anew."""
        beside = path.with_name(path.name + "-wal")
        self._copy = tempfile.TemporaryDirectory(prefix="onrecord-ledger-")
        copy = Path(self._copy.name) / path.name
        try:
            if path.exists() and not (beside.exists() and beside.stat().st_size):
                ledger = Ledger(path, still=True)
                if self.log.last and ledger.seq == self.log.last.seq:
                    return ledger
                ledger.close()
            for each in self.folder.glob("ledger.sqlite*"):
                shutil.copyfile(each, copy.with_name(each.name))
            ledger = Ledger(copy)
        except (LedgerDamaged, StoreFailed):
            for each in copy.parent.iterdir():
                each.unlink()
            ledger = Ledger(copy)
        self._catch_up(ledger)
        return ledger

    @property
    def _is_still(self) -> bool:
        """Is it on what is mounted for reading only? Who may not write where others do is another matter."""
        return bool(os.statvfs(self.folder).f_flag & os.ST_RDONLY)

    def _catch_up(self, ledger: Ledger) -> None:
        # In this order: between the two another process may commit, which moves the log on, and then the ledger.
        indexed, last = ledger.seq, self.log.last
        if last is None:
            raise IntegrityError(
                f"{self.folder / 'log'}: no entry", "restore log/ from a copy; blobs are untouched"
            )
        if indexed > last.seq:
            raise IntegrityError(
                f"ledger.sqlite has indexed entry {indexed}, log/ ends at {last.seq}",
                "if log/ is complete, delete ledger.sqlite: it is rebuilt; else restore log/ from a copy",
            )
        if indexed == last.seq:
            return
        for entry in self.log.entries(after=indexed):
            if entry.data.get("format", FORMAT) > FORMAT:
                raise NewerFormat(
                    f"{self.folder}: format {entry.data['format']}, this onrecord knows {FORMAT}"
                )
            segments = [msgspec.convert(body, Segment) for body in entry.data.get("segments", ())]
            far_tables.bring(self.folder, self.settings, segments)
            ledger.index(entry, self._rows(segments))

    def _rows(self, segments: Sequence[Segment]) -> Rows:
        by_name = {segment.name: self.folder / "catalog" / segment.path for segment in segments}

        def read(name: str, *columns: str) -> Iterator[dict[str, Any]]:
            return read_rows(by_name[name], columns) if name in by_name else iter(())

        return Rows(
            blobs=[
                BlobRow(row["sha256"], row["size"], row["root"], row["kind"])
                for row in read("files", "sha256", "size", "root", "kind")
            ],
            deposits=[
                DepositRow(**row)
                for row in read("deposits", "path", "size", "mtime_ns", "inode", "sha256")
                if row["path"]
            ],
            records=[
                RecordMark(
                    row["source"], row["record"], "" if row["deleted"] else row["sha256"], row["version"]
                )
                for row in read("records", "source", "record", "sha256", "deleted", "version")
            ],
            links=[
                LinkedEvidence(row["blob"], row["evidence"], row["source"], row["record"])
                for row in read("links", "blob", "evidence", "source", "record")
                if row["blob"]
            ],
            accepted=[row["name"] for row in read("deposits", "name")],
            refusals=[
                (row["name"], row["code"], row["detail"])
                for row in read("refusals", "name", "code", "detail")
            ],
            fetched=[
                (row["source"], row["track"], row["sha256"])
                for row in read("fetched", "source", "track", "sha256")
            ],
            validators=[
                Validators(**row)
                for row in read(
                    "validators", "source", "address", "record", "sha256", "etag", "last_modified"
                )
            ],
            rechecks=[
                (row["source"], row["record"], row["outcome"])
                for row in read("rechecks", "source", "record", "outcome")
            ],
            volumes=((row["sha256"], row["volume"]) for row in read("volumes", "sha256", "volume")),
            withdrawn=[
                Withdrawn(row["sha256"], row["audio_sha256"], row["evidence"])
                for row in read("withdrawn", "sha256", "audio_sha256", "evidence")
            ],
            pictures=[
                PictureMark(row["sha256"], row["picture"], row["place"], row["kind"])
                for row in read("pictures", "sha256", "picture", "place", "kind")
            ],
            lyrics=list(
                {row["sha256"]: None for row in read("tags", "sha256", "key") if is_lyrics(row["key"])}
            ),
        )
