# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger: an index over the log and the blobs, in SQLite, that can be deleted and rebuilt at any time.

apsw brings its own SQLite, without the WAL-reset fault of versions before 3.51.3; no second SQLite library may
open this file.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import msgspec
from msgspec import Struct

from onrecord.errors import IntegrityError, NewerFormat, StoreFailed
from onrecord.ledger.log import Entry
from onrecord.model.rights import Evidence

SCHEMA = 1

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blobs (
  sha256 BLOB PRIMARY KEY, size INTEGER NOT NULL, root TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX blobs_size ON blobs (size);
CREATE INDEX blobs_bad ON blobs (state) WHERE state != 'ok';
CREATE TABLE segments (
  path TEXT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, rows INTEGER NOT NULL, seq INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE deposits (
  path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, sha256 BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE sources (name TEXT PRIMARY KEY, license TEXT NOT NULL, redistribute INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE accepted (source TEXT PRIMARY KEY, time TEXT NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE fetched (
  source TEXT NOT NULL, track TEXT NOT NULL, blob BLOB NOT NULL, PRIMARY KEY (source, track)
) WITHOUT ROWID;
CREATE TABLE cursors (
  source TEXT NOT NULL, location TEXT NOT NULL, cursor TEXT NOT NULL, PRIMARY KEY (source, location)
) WITHOUT ROWID;
CREATE TABLE records (
  source TEXT NOT NULL, record TEXT NOT NULL, sha256 BLOB NOT NULL, version TEXT NOT NULL,
  PRIMARY KEY (source, record)
) WITHOUT ROWID;
CREATE TABLE evidence (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL, time TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE links (
  blob BLOB NOT NULL, evidence INTEGER NOT NULL, source TEXT NOT NULL, record TEXT NOT NULL,
  PRIMARY KEY (blob, evidence, source, record)
) WITHOUT ROWID;
CREATE INDEX links_record ON links (source, record) WHERE source != '';
CREATE TABLE editions (number INTEGER PRIMARY KEY, seq INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE refusals (name TEXT PRIMARY KEY, code TEXT NOT NULL, detail TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE volumes (blob BLOB PRIMARY KEY, volume TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE followed (
  archive TEXT PRIMARY KEY, feed TEXT NOT NULL, public_key TEXT NOT NULL, name TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE mirrored (
  archive TEXT NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (archive, number)
) WITHOUT ROWID;
"""


class Segment(Struct, frozen=True, forbid_unknown_fields=True):
    """A committed Parquet file: its table, its place under `catalog/`, its digest, its rows."""

    name: str
    path: str
    sha256: str
    rows: int


class BlobRow(Struct, frozen=True, forbid_unknown_fields=True):
    """`root` is the id of the root that holds the blob, `kind` is `sound`, `picture` or `copy`.

    `state` is `ok` or what the last check found.
    """

    sha256: str
    size: int
    root: str
    kind: str
    state: str = "ok"


class DepositRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that was added from `path`, by the stat that it had: the same stat means that nothing is read again."""

    path: bytes
    size: int
    mtime_ns: int
    inode: int
    sha256: str


class LinkedEvidence(Struct, frozen=True, forbid_unknown_fields=True):
    """A blob, and evidence about it. `source` and `record` name the record that says so, "" for a deposit."""

    blob: str
    evidence: str
    source: str = ""
    record: str = ""


class RecordMark(Struct, frozen=True, forbid_unknown_fields=True):
    """The newest answer of a source on one of its records, by digest; "" for a tombstone. `version` as in `Record`."""

    source: str
    record: str
    sha256: str
    version: str


class Rows(Struct, frozen=True, forbid_unknown_fields=True):
    """What the segments of one log entry hold, as far as the ledger indexes it."""

    blobs: Sequence[BlobRow] = ()
    deposits: Sequence[DepositRow] = ()
    records: Sequence[RecordMark] = ()
    links: Sequence[LinkedEvidence] = ()
    accepted: Sequence[str] = ()  # names under which files were deposited
    refusals: Sequence[tuple[str, str, str]] = ()  # (name, code, detail)
    volumes: Sequence[tuple[str, str]] = ()  # (blob, name of the volume)
    fetched: Sequence[tuple[str, str, str]] = ()  # (source, track, blob)


class Followed(Struct, frozen=True, forbid_unknown_fields=True):
    """Another archive whose editions are mirrored here: where its feed is, and the key that it must be signed with."""

    archive: str
    feed: str
    public_key: str
    name: str


class LedgerDamaged(IntegrityError):
    """The file is no ledger any more. It is only an index: it can be made again from the log."""


class Ledger:
    """Opens (and makes) `ledger.sqlite`. A file that cannot be read raises LedgerDamaged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _said(path):
            self._db = apsw.Connection(str(path))
            self._db.set_busy_timeout(10_000)
            self._db.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL").fetchall()
            self._prepare()

    def _prepare(self) -> None:
        version = self._db.pragma("user_version")
        if version == 0:
            self._db.execute("BEGIN IMMEDIATE")
            # Another process may have made it while this one waited.
            if self._db.pragma("user_version") == 0:
                self._db.execute(_TABLES)
                self._db.execute(f"PRAGMA user_version={SCHEMA}")
            self._db.execute("COMMIT")
        elif version > SCHEMA:
            raise NewerFormat(
                f"{self._path}: schema {version}, this onrecord knows {SCHEMA}", "use a newer onrecord"
            )

    def close(self) -> None:
        self._db.close()

    def is_whole(self) -> bool:
        """Reads the whole file: are its pages and indexes sound?"""
        try:
            return self._db.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
        except apsw.Error:
            return False

    @property
    def seq(self) -> int:
        """Number of the newest log entry that is indexed here."""
        return int(self.meta("seq") or 0)

    def meta(self, key: str) -> str:
        """`archive`: its id; `checked`, `damaged`: when blobs were last checked, what else was damaged; `seq`.

        "" where the log has not said it yet.
        """
        row = self._db.execute("SELECT value FROM meta WHERE key=?", (key,)).fetchone()
        return str(row[0]) if row else ""

    def record_counts(self) -> list[tuple[str, int]]:
        """(source, records) that are held, tombstones not counted."""
        query = "SELECT source, count(*) FROM records WHERE sha256 != x'' GROUP BY source ORDER BY source"
        return [(str(source), int(count)) for source, count in self._db.execute(query)]

    def index(self, entry: Entry, rows: Rows | None = None) -> None:
        """Take one log entry, with the rows of its segments, into the index: all or nothing.

        An entry that is already in is left alone.
        """
        with _said(self._path):
            self._index(entry, rows or Rows())

    def _index(self, entry: Entry, rows: Rows) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if entry.seq > self.seq:
                self._index_segments(entry)
                self._index_event(entry)
                self._index_rows(rows)
                self._note("seq", str(entry.seq))
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _note(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def _index_rows(self, rows: Rows) -> None:
        self._db.executemany(
            "INSERT INTO blobs VALUES (?,?,?,?,?) ON CONFLICT (sha256) DO UPDATE"
            " SET root=excluded.root, kind=max(kind, excluded.kind), state=excluded.state",
            ((bytes.fromhex(row.sha256), row.size, row.root, row.kind, row.state) for row in rows.blobs),
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO deposits VALUES (?,?,?,?,?)",
            (
                (row.path, row.size, row.mtime_ns, row.inode, bytes.fromhex(row.sha256))
                for row in rows.deposits
            ),
        )
        # A newer record takes the place of what the older one of its name said about any blob.
        for mark in rows.records:
            self._db.execute("DELETE FROM links WHERE source=? AND record=?", (mark.source, mark.record))
            self._db.execute(
                "INSERT OR REPLACE INTO records VALUES (?,?,?,?)",
                (mark.source, mark.record, bytes.fromhex(mark.sha256), mark.version),
            )
        # What was refused once and is taken now is refused no longer.
        self._db.executemany("DELETE FROM refusals WHERE name=?", ((name,) for name in rows.accepted))
        self._db.executemany("INSERT OR REPLACE INTO refusals VALUES (?,?,?)", rows.refusals)
        self._db.executemany(
            "INSERT OR REPLACE INTO volumes VALUES (?,?)",
            ((bytes.fromhex(blob), name) for blob, name in rows.volumes),
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO fetched VALUES (?,?,?)",
            ((source, track, bytes.fromhex(blob)) for source, track, blob in rows.fetched),
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO links SELECT ?, number, ?, ? FROM evidence WHERE id=?",
            ((bytes.fromhex(row.blob), row.source, row.record, row.evidence) for row in rows.links),
        )

    def _index_segments(self, entry: Entry) -> None:
        for body in entry.data.get("segments", ()):
            segment = msgspec.convert(body, Segment)
            self._db.execute(
                "INSERT INTO segments VALUES (?,?,?,?,?)",
                (segment.path, segment.name, segment.sha256, segment.rows, entry.seq),
            )

    def _index_event(self, entry: Entry) -> None:
        data = entry.data
        for item in data.get("evidence", ()):
            evidence = msgspec.convert(item, Evidence)
            self._db.execute(
                "INSERT OR IGNORE INTO evidence (id, seq, time, body) VALUES (?,?,?,?)",
                (evidence.id, entry.seq, entry.time, msgspec.json.encode(evidence)),
            )
        for sha256, root in data.get("repaired", {}).items():
            self._db.execute(
                "UPDATE blobs SET root=?, state='ok' WHERE sha256=?", (root, bytes.fromhex(sha256))
            )
        if entry.event == "harvested":
            self._db.execute(
                "INSERT OR REPLACE INTO sources VALUES (?,?,?)",
                (data["source"], data["license"], data["redistribute"]),
            )
            self._db.execute(
                "INSERT OR REPLACE INTO cursors VALUES (?,?,?)",
                (data["source"], data["location"], data["cursor"]),
            )
        elif entry.event == "terms-accepted":
            self._db.execute(
                "INSERT OR REPLACE INTO accepted VALUES (?,?,?)", (data["source"], entry.time, data["text"])
            )
        elif entry.event == "created":
            self._note("archive", data["archive"])
        elif entry.event == "checked":
            self._note("checked", entry.time)
            # Damage to tables and editions, which no blob's state tells.
            self._note("damaged", str(data.get("others", 0)))
            for sha256, state in data["states"].items():
                self._db.execute("UPDATE blobs SET state=? WHERE sha256=?", (state, bytes.fromhex(sha256)))
        elif entry.event == "published":
            self._db.execute(
                "INSERT OR REPLACE INTO editions VALUES (?,?,?)",
                (data["number"], entry.seq, msgspec.json.encode(data)),
            )
        elif entry.event == "followed":
            self._db.execute(
                "INSERT OR REPLACE INTO followed VALUES (?,?,?,?)",
                (data["archive"], data["feed"], data["public_key"], data["name"]),
            )
        elif entry.event == "mirrored":
            self._db.execute(
                "INSERT OR REPLACE INTO mirrored VALUES (?,?,?,?)",
                (data["archive"], data["number"], entry.seq, msgspec.json.encode(data)),
            )

    # What the archive asks

    def blob(self, sha256: str) -> BlobRow | None:
        row = self._db.execute(
            "SELECT size, root, kind, state FROM blobs WHERE sha256=?", (bytes.fromhex(sha256),)
        ).fetchone()
        return BlobRow(sha256, *row) if row else None

    def blobs(self, state: str | None = None) -> Iterator[BlobRow]:
        where = "" if state is None else "WHERE state=?"
        query = f"SELECT lower(hex(sha256)), size, root, kind, state FROM blobs {where} ORDER BY sha256"
        for row in self._db.execute(query, () if state is None else (state,)):
            yield BlobRow(*row)

    def bad_blobs(self, kind: str | None = None) -> list[BlobRow]:
        query = (
            "SELECT lower(hex(sha256)), size, root, kind, state FROM blobs"
            " WHERE state != 'ok' AND kind = coalesce(?, kind) ORDER BY sha256"
        )
        return [BlobRow(*row) for row in self._db.execute(query, (kind,))]

    def blob_totals(self, kind: str | None = None) -> tuple[int, int]:
        """(number, bytes) of all blobs, or of one kind: `sound`, `picture`, `copy`."""
        query = "SELECT count(*), coalesce(sum(size), 0) FROM blobs WHERE kind = coalesce(?, kind)"
        row: Any = self._db.execute(query, (kind,)).fetchone()
        return int(row[0]), int(row[1])

    def has_size(self, size: int) -> bool:
        """Is there a blob of this size? Where there is none, a file is new, and is written while it is read."""
        return self._db.execute("SELECT 1 FROM blobs WHERE size=? LIMIT 1", (size,)).fetchone() is not None

    def whole_blobs_of(self, sizes: Collection[int]) -> dict[str, str]:
        """Roots of the whole blobs that have one of these sizes, by digest."""
        found: dict[str, str] = {}
        for size in sizes:
            query = "SELECT lower(hex(sha256)), root FROM blobs WHERE size=? AND state='ok'"
            found.update((str(sha256), str(root)) for sha256, root in self._db.execute(query, (size,)))
        return found

    def deposited(self, path: bytes) -> DepositRow | None:
        row = self._db.execute(
            "SELECT path, size, mtime_ns, inode, lower(hex(sha256)) FROM deposits WHERE path=?", (path,)
        ).fetchone()
        return DepositRow(*row) if row else None

    def segments(self, name: str | None = None) -> list[tuple[Segment, int]]:
        """Committed segments with the number of the entry that committed them, oldest first."""
        where = "" if name is None else "WHERE name=?"
        rows = self._db.execute(
            f"SELECT name, path, sha256, rows, seq FROM segments {where} ORDER BY seq, path",
            () if name is None else (name,),
        )
        return [(Segment(*row[:4]), row[4]) for row in rows]

    def sources(self) -> dict[str, tuple[str, bool]]:
        """(license of the records, may they leave in an edition) of every source that was harvested, by name."""
        rows = self._db.execute("SELECT name, license, redistribute FROM sources")
        return {str(name): (str(license), bool(redistribute)) for name, license, redistribute in rows}

    def accepted_terms(self, source: str) -> tuple[str, str] | None:
        """(when, SHA-256 of the text) the operator accepted a source's terms; None where that was not done."""
        row = self._db.execute("SELECT time, text FROM accepted WHERE source=?", (source,)).fetchone()
        return (str(row[0]), str(row[1])) if row else None

    def fetched(self, source: str, track: str) -> str:
        """Digest of the sound that was fetched for a source's track, "" where none was."""
        row = self._db.execute(
            "SELECT lower(hex(blob)) FROM fetched WHERE source=? AND track=?", (source, track)
        ).fetchone()
        return str(row[0]) if row else ""

    def cursor(self, source: str, location: str) -> str:
        row = self._db.execute(
            "SELECT cursor FROM cursors WHERE source=? AND location=?", (source, location)
        ).fetchone()
        return str(row[0]) if row else ""

    def record(self, source: str, record: str) -> str | None:
        """Digest of a source's newest answer on a record, "" for a tombstone, None where it was never harvested."""
        row = self._db.execute(
            "SELECT lower(hex(sha256)) FROM records WHERE source=? AND record=?", (source, record)
        ).fetchone()
        return str(row[0]) if row else None

    def record_version(self, source: str, record: str) -> str:
        """When the source gave its newest answer on a record, "" where it does not say or gave none."""
        row = self._db.execute(
            "SELECT version FROM records WHERE source=? AND record=?", (source, record)
        ).fetchone()
        return str(row[0]) if row else ""

    def has_evidence(self, identifier: str) -> bool:
        return self._db.execute("SELECT 1 FROM evidence WHERE id=?", (identifier,)).fetchone() is not None

    def fact(self, identifier: str) -> Evidence | None:
        row: Any = self._db.execute("SELECT body FROM evidence WHERE id=?", (identifier,)).fetchone()
        return msgspec.json.decode(row[0], type=Evidence) if row else None

    def evidence(self, blob: str) -> dict[str, tuple[Evidence, str]]:
        """Evidence about a blob, with the time it was logged, by id, in the order it was logged."""
        rows = self._db.execute(
            "SELECT DISTINCT e.number, e.id, e.body, e.time FROM links l JOIN evidence e ON e.number = l.evidence"
            " WHERE l.blob=? ORDER BY e.number",
            (bytes.fromhex(blob),),
        )
        return {row[1]: (msgspec.json.decode(row[2], type=Evidence), row[3]) for row in rows}

    def profiles(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """(blob, numbers of its evidence) for every sound blob; most blobs share one of few profiles."""
        query = (
            "SELECT lower(hex(b.sha256)), (SELECT group_concat(DISTINCT l.evidence) FROM links l WHERE l.blob=b.sha256)"
            " FROM blobs b WHERE b.state='ok' AND b.kind='sound' ORDER BY b.sha256"
        )
        for sha256, numbers in self._db.execute(query):
            yield sha256, tuple(sorted(int(number) for number in numbers.split(","))) if numbers else ()

    def evidence_numbered(self, numbers: Sequence[int]) -> list[Evidence]:
        found = []
        for number in numbers:
            row: Any = self._db.execute("SELECT body FROM evidence WHERE number=?", (number,)).fetchone()
            found.append(msgspec.json.decode(row[0], type=Evidence))
        return found

    def refusals(self, limit: int) -> list[tuple[str, str, str]]:
        """(name, code, detail) of what was brought in and not taken, the newest word on each name."""
        query = "SELECT name, code, detail FROM refusals ORDER BY name LIMIT ?"
        return [
            (str(name), str(code), str(detail)) for name, code, detail in self._db.execute(query, (limit,))
        ]

    def volume(self, blob: str) -> str:
        """Name of the newest volume that a blob was put into, "" where it is in none."""
        row = self._db.execute("SELECT volume FROM volumes WHERE blob=?", (bytes.fromhex(blob),)).fetchone()
        return str(row[0]) if row else ""

    def editions(self) -> list[dict[str, Any]]:
        """What this archive published, oldest first."""
        rows = self._db.execute("SELECT body FROM editions ORDER BY number")
        return [msgspec.json.decode(row[0]) for row in rows]

    def followed(self) -> list[Followed]:
        rows = self._db.execute("SELECT archive, feed, public_key, name FROM followed ORDER BY archive")
        return [Followed(*row) for row in rows]

    def mirrored(self) -> list[dict[str, Any]]:
        """Editions of other archives that are held here, by archive and number."""
        rows = self._db.execute("SELECT body FROM mirrored ORDER BY archive, number")
        return [msgspec.json.decode(row[0]) for row in rows]

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, to compare a rebuilt ledger with the one it replaces."""
        names = (
            "meta",
            "blobs",
            "segments",
            "deposits",
            "records",
            "links",
            "sources",
            "accepted",
            "fetched",
            "cursors",
            "evidence",
            "editions",
            "refusals",
            "volumes",
            "followed",
            "mirrored",
        )
        return {name: sorted(self._db.execute(f"SELECT * FROM {name}").fetchall()) for name in names}


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """What SQLite cannot do, as an error of ours that names the file."""
    try:
        yield
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise LedgerDamaged(f"{path}: not a readable SQLite file ({error})") from None
    except (apsw.FullError, apsw.IOError, apsw.ReadOnlyError, apsw.CantOpenError, apsw.BusyError) as error:
        raise StoreFailed(
            f"{path}: {error}",
            "is the disk full, or mounted for reading only? What was committed stays, run the command again",
        ) from None
