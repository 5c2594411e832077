# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger: an index over the log and the blobs, in SQLite, that can be deleted and rebuilt at any time.

apsw brings its own SQLite, without the WAL-reset fault of versions before 3.51.3; no second SQLite library may
open this file.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import apsw
import msgspec

from onrecord.errors import IntegrityError, NewerFormat, StoreFailed
from onrecord.ledger.entries import take
from onrecord.ledger.log import Entry
from onrecord.ledger.rows import (
    Asked,
    BlobRow,
    DepositRow,
    Followed,
    PictureMark,
    Plan,
    Possession,
    Rows,
    RulingMark,
    Segment,
    Validators,
    Vouched,
    Withdrawn,
)
from onrecord.ledger.schema import SCHEMA, TABLES
from onrecord.model.rights import Evidence, Target

#: So much evidence stays decoded, by its number.
_MOST_REMEMBERED = 16_384
#: Of so many pictures it stays known what is said of the files that bear them.
_MOST_PICTURES = 1_024
_EVIDENCE = msgspec.json.Decoder(Evidence)
_RETRACTED = "SELECT e.number FROM evidence e JOIN retracted r ON r.evidence = e.id"
#: The numbers of the evidence that counts today about blob `b`. The key of `links` gives them in order.
_PROFILE = (
    "(SELECT group_concat(DISTINCT l.evidence) FROM links l WHERE l.blob=b.sha256"
    f" AND l.evidence NOT IN ({_RETRACTED}))"
)
#: The same as it is linked: with repetitions, and with what was taken back.
_PROFILE_AS_LINKED = "(SELECT group_concat(l.evidence) FROM links l WHERE l.blob=b.sha256)"


class LedgerDamaged(IntegrityError):
    """The file is no ledger any more. It is only an index: it can be made again from the log."""


class Ledger:
    """Opens (and makes) `ledger.sqlite`. A file that cannot be read raises LedgerDamaged.

    `still`: nobody writes to it, nor can anybody: it lies on what is mounted for reading only, whole without any file
    beside it.
    """

    def __init__(self, path: Path, *, still: bool = False) -> None:
        self._path = path
        self._numbered = lru_cache(maxsize=_MOST_REMEMBERED)(self._read_evidence)
        self._borne = lru_cache(maxsize=_MOST_PICTURES)(self._read_bearing)
        with _said(path):
            if still:
                flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
                self._db = apsw.Connection(f"{path.absolute().as_uri()}?immutable=1", flags=flags)
            else:
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
                self._db.execute(TABLES)
                self._db.execute(f"PRAGMA user_version={SCHEMA}")
            self._db.execute("COMMIT")
        elif version < SCHEMA:
            # It is only an index: whoever opens it makes it again from the log.
            raise LedgerDamaged(f"{self._path}: schema {version}, this onrecord uses {SCHEMA}")
        elif version > SCHEMA:
            raise NewerFormat(
                f"{self._path}: schema {version}, this onrecord knows {SCHEMA}", "use a newer onrecord"
            )
        # Read before anything relies on it: a damaged page of it is found here, and the ledger made again.
        self._db.execute("SELECT count(value) FROM meta").fetchone()

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
        """`archive`: its id; `checked`, `damaged`: when blobs were last checked, what else was damaged; `seq`; `moved`:
        number of the last entry that moved blobs.

        `list ID`: number of the list of withdrawals of an archive that was read last; `overruled ENTRY`: when an entry
        of such a list was overruled here. `liar ID`: when an archive's word about a file was found to be false.
        `plan`: what is to be held of others, as `plan` reads it. `harvested SOURCE`: when it was, and from where.
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
                take(self._db, entry, rows)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    # What the archive asks

    def blob(self, sha256: str) -> BlobRow | None:
        row = self._db.execute(
            "SELECT size, root, kind, state FROM blobs WHERE sha256=?", (bytes.fromhex(sha256),)
        ).fetchone()
        return BlobRow(sha256, *row) if row else None

    def blobs(self, state: str | None = None, after: str = "") -> Iterator[BlobRow]:
        """By digest; those in a `state`, or behind a digest, if that is asked for."""
        where = "sha256 > ?" + ("" if state is None else " AND state=?")
        query = f"SELECT lower(hex(sha256)), size, root, kind, state FROM blobs WHERE {where} ORDER BY sha256"
        for row in self._db.execute(query, (bytes.fromhex(after), *([] if state is None else [state]))):
            yield BlobRow(*row)

    def sounds_from(self, part: int, bits: int, most: int) -> list[str]:
        """At most so many digests of whole sound that begin with the `bits` bits of `part`, the smallest first."""
        low = part << (256 - bits)
        high = (low | ((1 << (256 - bits)) - 1)).to_bytes(32, "big")
        query = (
            "SELECT lower(hex(sha256)) FROM blobs WHERE sha256 BETWEEN ? AND ? AND kind='sound' AND state='ok'"
            " ORDER BY sha256 LIMIT ?"
        )
        return [str(sha256) for (sha256,) in self._db.execute(query, (low.to_bytes(32, "big"), high, most))]

    def bad_blobs(self, kind: str | None = None, *, turned_away: bool = False) -> list[BlobRow]:
        """Blobs that the last check found damaged, and those that were `turned_away` where they are wanted as well."""
        query = (
            "SELECT lower(hex(sha256)), size, root, kind, state FROM blobs"
            " WHERE state != 'ok' AND kind = coalesce(?, kind) ORDER BY sha256"
        )
        found = (BlobRow(*row) for row in self._db.execute(query, (kind,)))
        return [row for row in found if not row.is_held and (turned_away or not row.is_turned_away)]

    def vouched(self, after: tuple[int, str] = (0, ""), limit: int = 1) -> list[Vouched]:
        """Blobs whose bytes are whole and that nobody here has looked into, in the order in which they came, behind
        `after` (number of the entry, digest)."""
        rows = self._db.execute(
            "SELECT lower(hex(b.sha256)), b.size, b.root, b.kind, b.state, v.archive, v.seq FROM vouched v"
            " JOIN blobs b ON b.sha256 = v.blob WHERE b.state='vouched' AND (v.seq, v.blob) > (?, ?)"
            " ORDER BY v.seq, v.blob LIMIT ?",
            (after[0], bytes.fromhex(after[1]), limit),
        )
        return [Vouched(BlobRow(*row[:5]), row[5], row[6]) for row in rows]

    def is_vouched(self, blob: str) -> bool:
        """Is a blob held on another archive's word alone, whatever became of its bytes?"""
        return (
            self._db.execute("SELECT 1 FROM vouched WHERE blob=?", (bytes.fromhex(blob),)).fetchone()
            is not None
        )

    def vouched_totals(self) -> tuple[int, int]:
        """(number, bytes) of the blobs that nobody here has looked into."""
        row: Any = self._db.execute(
            "SELECT count(*), coalesce(sum(b.size), 0) FROM vouched v JOIN blobs b ON b.sha256 = v.blob"
            " WHERE b.state='vouched'"
        ).fetchone()
        return int(row[0]), int(row[1])

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

    def parts(self) -> list[tuple[str, str, str, bool]]:
        """(source, `<table>.<column>`, its own license, do the terms let it be passed on) of claims that do not stand
        under the license of their source's records."""
        rows = self._db.execute("SELECT source, field, license, redistribute FROM parts ORDER BY 1, 2")
        return [(str(source), str(field), str(license), bool(free)) for source, field, license, free in rows]

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

    def validators(self, source: str, address: str) -> Validators | None:
        """What a service said of its newest answer from this address, None where no record came from it."""
        row = self._db.execute(
            "SELECT source, address, record, lower(hex(sha256)), etag, last_modified FROM validators"
            " WHERE source=? AND address=?",
            (source, address),
        ).fetchone()
        return Validators(*row) if row else None

    def resting(self) -> dict[str, int]:
        """How many records of each source evidence about blobs rests on."""
        query = "SELECT source, count(DISTINCT record) FROM links WHERE source != '' GROUP BY source ORDER BY source"
        return {str(source): int(count) for source, count in self._db.execute(query)}

    def due(self, source: str, before: str, limit: int) -> list[str]:
        """Records of a source that evidence about blobs rests on, and that it was last heard on before a time: those
        first that were not for longest."""
        rows = self._db.execute(
            "SELECT l.record, max(coalesce(c.time, ''), max(e.time)) AS heard FROM links l"
            " JOIN evidence e ON e.number = l.evidence"
            " LEFT JOIN rechecks c ON c.source = l.source AND c.record = l.record"
            " WHERE l.source = ? AND l.source != '' GROUP BY l.record HAVING heard < ?"
            " ORDER BY heard, l.record LIMIT ?",
            (source, before, limit),
        )
        return [str(record) for record, _ in rows]

    def recheck(self, source: str, record: str) -> tuple[str, str] | None:
        """(when, outcome) of the last time that a source was asked for a record again; None where it never was."""
        row = self._db.execute(
            "SELECT time, outcome FROM rechecks WHERE source=? AND record=?", (source, record)
        ).fetchone()
        return (str(row[0]), str(row[1])) if row else None

    def said_by(self, source: str, record: str) -> dict[str, list[Evidence]]:
        """What counts about blobs because a record says so, by blob."""
        rows = self._db.execute(
            "SELECT lower(hex(l.blob)), e.body FROM links l JOIN evidence e ON e.number = l.evidence"
            " WHERE l.source=? AND l.source != '' AND l.record=? ORDER BY l.blob, e.number",
            (source, record),
        )
        found: dict[str, list[Evidence]] = {}
        for blob, body in rows:
            found.setdefault(str(blob), []).append(msgspec.json.decode(body, type=Evidence))
        return found

    def said_besides(self, blob: str, source: str, record: str) -> list[Evidence]:
        """What counts about a blob, whatever one record says of it."""
        rows = self._db.execute(
            "SELECT DISTINCT e.number, e.body FROM links l JOIN evidence e ON e.number = l.evidence"
            " WHERE l.blob=? AND NOT (l.source=? AND l.record=?)"
            " AND e.id NOT IN (SELECT evidence FROM retracted) ORDER BY e.number",
            (bytes.fromhex(blob), source, record),
        )
        return [msgspec.json.decode(body, type=Evidence) for _, body in rows]

    def asked(self, blob: str) -> dict[str, Asked]:
        """By evidence about a blob that rests on a source's record: when it was last asked for that record again."""
        rows = self._db.execute(
            "SELECT e.id, l.source, l.record, coalesce(c.time, ''), coalesce(c.outcome, ''),"
            " json_extract(e.body, '$.document') IS NULL OR json_extract(e.body, '$.document') = lower(hex(r.sha256))"
            " FROM links l JOIN evidence e ON e.number = l.evidence"
            " JOIN records r ON r.source = l.source AND r.record = l.record"
            " LEFT JOIN rechecks c ON c.source = l.source AND c.record = l.record"
            " WHERE l.blob=? AND l.source != '' ORDER BY e.number, l.source, l.record",
            (bytes.fromhex(blob),),
        )
        return {row[0]: Asked(row[1], row[2], row[3], row[4], bool(row[5])) for row in rows}

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

    def record_examples(self, source: str) -> list[str]:
        """The first record of each kind that a source has here: what its records are called."""
        found: list[str] = []
        behind = ""
        while row := self._db.execute(
            "SELECT record FROM records WHERE source=? AND record>? ORDER BY record LIMIT 1", (source, behind)
        ).fetchone():
            found.append(str(row[0]))
            behind = found[-1].partition(":")[0] + ";"  # the character behind the colon: the next kind
        return found

    def record_version(self, source: str, record: str) -> str:
        """When the source gave its newest answer on a record, "" where it does not say or gave none."""
        row = self._db.execute(
            "SELECT version FROM records WHERE source=? AND record=?", (source, record)
        ).fetchone()
        return str(row[0]) if row else ""

    def has_evidence(self, identifier: str) -> bool:
        return self._db.execute("SELECT 1 FROM evidence WHERE id=?", (identifier,)).fetchone() is not None

    def logged(self, identifiers: Collection[str]) -> set[str]:
        """Those of these ids of evidence that the log has, by one question for all."""
        rows = self._db.execute(
            "SELECT id FROM evidence WHERE id IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode(list(identifiers)).decode(),),
        )
        return {str(identifier) for (identifier,) in rows}

    def fact(self, identifier: str) -> Evidence | None:
        row: Any = self._db.execute("SELECT body FROM evidence WHERE id=?", (identifier,)).fetchone()
        return msgspec.json.decode(row[0], type=Evidence) if row else None

    def evidence(self, blob: str) -> dict[str, tuple[Evidence, str]]:
        """What counts today about a blob, with the time it was logged, by id, in the order it was logged.

        What was taken back, and what a source no longer says, is in `former_evidence`.
        """
        rows = self._db.execute(
            "SELECT DISTINCT e.number, e.id, e.body, e.time FROM links l JOIN evidence e ON e.number = l.evidence"
            " WHERE l.blob=? AND e.id NOT IN (SELECT evidence FROM retracted) ORDER BY e.number",
            (bytes.fromhex(blob),),
        )
        return {row[1]: (msgspec.json.decode(row[2], type=Evidence), row[3]) for row in rows}

    def former_evidence(self, blob: str) -> dict[str, tuple[Evidence, str, str]]:
        """What counted once about a blob and does not any more: (evidence, logged, until), by id."""
        rows = self._db.execute(
            "SELECT DISTINCT e.number, e.id, e.body, e.time, r.time FROM links l"
            " JOIN evidence e ON e.number = l.evidence JOIN retracted r ON r.evidence = e.id WHERE l.blob=?1 UNION "
            "SELECT DISTINCT e.number, e.id, e.body, e.time, f.until FROM former_links f JOIN evidence e"
            " ON e.number = f.evidence WHERE f.blob=?1"
            " AND NOT EXISTS (SELECT 1 FROM links l WHERE l.blob = f.blob AND l.evidence = f.evidence) ORDER BY 1",
            (bytes.fromhex(blob),),
        )
        return {row[1]: (msgspec.json.decode(row[2], type=Evidence), row[3], row[4]) for row in rows}

    def retracted(self) -> dict[str, str]:
        """Evidence that was taken back, with the time, by id."""
        rows = self._db.execute("SELECT evidence, time FROM retracted ORDER BY evidence")
        return {str(identifier): str(time) for identifier, time in rows}

    def standing(self) -> list[tuple[Target, str]]:
        """Rulings and withdrawals that hold, each with what it names: they reach what comes later, too."""
        rows = self._db.execute(
            "SELECT kind, target, evidence FROM standing WHERE evidence NOT IN (SELECT evidence FROM retracted)"
            " ORDER BY kind, target, evidence"
        )
        return [(Target(kind, target), evidence) for kind, target, evidence in rows]

    def withdrawn_as(self, blob: str, audio: str) -> list[str]:
        """Withdrawals that hold for these bytes, or for the same decoded audio in other bytes."""
        rows = self._db.execute(
            "SELECT DISTINCT evidence FROM withdrawn WHERE (blob=? OR (audio=? AND audio != x''))"
            " AND evidence NOT IN (SELECT evidence FROM retracted) ORDER BY evidence",
            (bytes.fromhex(blob), bytes.fromhex(audio)),
        )
        return [str(row[0]) for row in rows]

    def withdrawn(self) -> Iterator[Withdrawn]:
        """Every blob that a withdrawal which holds reaches, once for each such withdrawal."""
        rows = self._db.execute(
            "SELECT lower(hex(blob)), lower(hex(audio)), evidence FROM withdrawn"
            " WHERE evidence NOT IN (SELECT evidence FROM retracted) ORDER BY blob, evidence"
        )
        for row in rows:
            yield Withdrawn(*row)

    def reached(self, evidence: str) -> int:
        """How many blobs a withdrawal reaches, or did before it was taken back."""
        row: Any = self._db.execute("SELECT count(*) FROM withdrawn WHERE evidence=?", (evidence,)).fetchone()
        return int(row[0])

    def stood(self) -> list[tuple[Target, str, str]]:
        """Every ruling and withdrawal with what it names, and when it was taken back ("" where it holds)."""
        rows = self._db.execute(
            "SELECT kind, target, s.evidence, coalesce(r.time, '') FROM standing s"
            " LEFT JOIN retracted r ON r.evidence = s.evidence ORDER BY kind, target, s.evidence"
        )
        return [(Target(kind, target), evidence, time) for kind, target, evidence, time in rows]

    def withdrawal_mark(self) -> tuple[int, int, int]:
        """Another value whenever a withdrawal came, reached further, or was taken back."""
        row: Any = self._db.execute(
            "SELECT (SELECT count(*) FROM standing), (SELECT count(*) FROM withdrawn), (SELECT count(*) FROM retracted)"
        ).fetchone()
        return int(row[0]), int(row[1]), int(row[2])

    def rulings(self) -> list[RulingMark]:
        """Every ruling, own and taken over, those that were undone too, in the order they were logged."""
        rows = self._db.execute(
            "SELECT s.evidence, kind, target, seq, s.time, coalesce(r.time, '') FROM rulings s"
            " LEFT JOIN retracted r ON r.evidence = s.evidence ORDER BY seq, s.evidence"
        )
        return [
            RulingMark(evidence, Target(kind, target), seq, logged, undone)
            for evidence, kind, target, seq, logged, undone in rows
        ]

    def notices(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(event, time, data) of everything that was logged about notices, in order."""
        rows = self._db.execute("SELECT event, time, body FROM notices ORDER BY seq")
        return [(str(event), str(time), msgspec.json.decode(body)) for event, time, body in rows]

    def bound(self) -> Iterator[tuple[str, str]]:
        """(evidence, blob) of all that counts today, all blobs of one piece of evidence together; SQLite sorts them,
        on disk where they are many."""
        yield from self._db.execute(
            "SELECT DISTINCT e.id, lower(hex(l.blob)) FROM links l JOIN evidence e ON e.number = l.evidence"
            " WHERE e.id NOT IN (SELECT evidence FROM retracted) ORDER BY e.number, l.blob"
        )

    def has_withdrawn(self) -> bool:
        """Does any withdrawal hold?"""
        query = "SELECT 1 FROM withdrawn WHERE evidence NOT IN (SELECT evidence FROM retracted) LIMIT 1"
        return self._db.execute(query).fetchone() is not None

    def profiles(self, *, side_by_side: bool = False) -> Iterator[tuple[str, tuple[int, ...]]]:
        """(blob, numbers of its evidence) for every whole sound, by digest; or `side_by_side`: those with the same
        evidence after each other, so that whoever asks about each profile need not remember any."""
        query = (
            f"SELECT lower(hex(b.sha256)), {_PROFILE_AS_LINKED} AS profile FROM blobs b"
            f" WHERE b.state='ok' AND b.kind='sound' ORDER BY {'profile, ' * side_by_side}b.sha256"
        )
        gone = {number for (number,) in self._db.execute(_RETRACTED)}
        words: str | None = ""
        profile: tuple[int, ...] = ()
        for sha256, found in self._db.execute(query):
            if found != words:
                words, profile = found, _numbers(found, gone)
            yield sha256, profile

    def look_up(self, blobs: Sequence[str]) -> Iterator[tuple[str, BlobRow | None, tuple[int, ...]]]:
        """(digest, blob, numbers of its evidence) for each of these digests, in their order, by one question for all.
        None for a blob that is not held; something may be known of it all the same."""
        rows = self._db.execute(
            "SELECT a.value, b.size, b.root, b.kind, b.state,"
            " (SELECT group_concat(l.evidence) FROM links l WHERE l.blob = unhex(a.value))"
            " FROM json_each(?) a LEFT JOIN blobs b ON b.sha256 = unhex(a.value) ORDER BY a.key",
            (msgspec.json.encode(blobs).decode(),),
        )
        gone = {number for (number,) in self._db.execute(_RETRACTED)}
        for sha256, size, root, kind, state, found in rows:
            blob = None if state is None else BlobRow(sha256, size, root, kind, state)
            yield sha256, blob, _numbers(found, gone)

    def profile_counts(self) -> Iterator[tuple[tuple[int, ...], int, str, str]]:
        """(numbers of evidence, how many whole sounds have exactly that, the first and the last of these), once for
        each profile. SQLite groups them, on disk where they are many."""
        query = (
            f"SELECT {_PROFILE} AS profile, count(*), lower(hex(min(b.sha256))), lower(hex(max(b.sha256)))"
            " FROM blobs b WHERE b.state='ok' AND b.kind='sound' GROUP BY profile"
        )
        for profile, count, first, last in self._db.execute(query):
            numbers = sorted(int(number) for number in profile.split(",")) if profile else ()
            yield tuple(numbers), int(count), str(first), str(last)

    def sharing(self, numbers: Sequence[int], after: str, limit: int) -> list[str]:
        """Whole sounds that have exactly this evidence, in the order of the digests, behind `after`."""
        rows = self._db.execute(
            "SELECT lower(hex(b.sha256)) FROM blobs b WHERE b.state='ok' AND b.kind='sound' AND b.sha256 > ?"
            f" AND coalesce({_PROFILE}, '') = ? ORDER BY b.sha256 LIMIT ?",
            (bytes.fromhex(after), ",".join(map(str, sorted(numbers))), limit),
        )
        return [str(row[0]) for row in rows]

    def evidence_numbered(self, numbers: Sequence[int]) -> list[Evidence]:
        """Evidence by its numbers in profiles. What many profiles share is not read again."""
        return [self._numbered(number) for number in numbers]

    def _read_evidence(self, number: int) -> Evidence:
        row: Any = self._db.execute("SELECT body FROM evidence WHERE number=?", (number,)).fetchone()
        return _EVIDENCE.decode(row[0])

    def refusals(self, limit: int, after: str = "") -> list[tuple[str, str, str]]:
        """(name, code, detail) of what was brought in and not taken, the newest word on each name, in the order of the
        names behind `after`."""
        query = "SELECT name, code, detail FROM refusals WHERE name > ? ORDER BY name LIMIT ?"
        return [
            (str(name), str(code), str(detail))
            for name, code, detail in self._db.execute(query, (after, limit))
        ]

    def refusal_counts(self) -> list[tuple[str, int, str, str]]:
        """(code, how many, the first name, its detail) of what was brought in and not taken; most frequent first."""
        rows = self._db.execute(
            "SELECT code, count(*), min(name), detail FROM refusals GROUP BY code ORDER BY 2 DESC, 1"
        )
        return [(str(code), int(count), str(name), str(detail)) for code, count, name, detail in rows]

    def volume(self, blob: str) -> str:
        """Name of the newest volume that a blob was put into, "" where it is in none."""
        row = self._db.execute("SELECT volume FROM volumes WHERE blob=?", (bytes.fromhex(blob),)).fetchone()
        return str(row[0]) if row else ""

    def pictures(self, blob: str) -> list[PictureMark]:
        """The pictures in a file's tags, in their order."""
        query = "SELECT picture, place, kind FROM pictures WHERE blob=? ORDER BY place"
        return [
            PictureMark(blob, picture.hex(), place, kind)
            for picture, place, kind in self._db.execute(query, (bytes.fromhex(blob),))
        ]

    def has_pictures(self) -> bool:
        return bool(self._db.execute("SELECT EXISTS (SELECT 1 FROM pictures)").fetchone()[0])  # type: ignore[index]

    def bearing(self, picture: str) -> list[tuple[int, ...]]:
        """Numbers of the evidence about each file in whose tags a picture lies; those with the same come once. Files
        that may not be kept are left out. Known until something is committed: a logo may lie in very many files."""
        return self._borne(picture, self.seq)

    def _read_bearing(self, picture: str, _: int) -> list[tuple[int, ...]]:
        query = (
            f"SELECT DISTINCT {_PROFILE} FROM pictures p JOIN blobs b ON b.sha256 = p.blob"
            " WHERE p.picture=? AND b.state NOT IN ('unlike', 'refused')"
        )
        return [_numbers(words, ()) for (words,) in self._db.execute(query, (bytes.fromhex(picture),))]

    def lyrics_at(self, blob: str) -> int | None:
        """The log entry whose rows have the lyrics of a file's tags; None where these hold none."""
        row: Any = self._db.execute("SELECT seq FROM lyrics WHERE blob=?", (bytes.fromhex(blob),)).fetchone()
        return int(row[0]) if row else None

    def editions(self, until: int | None = None) -> list[dict[str, Any]]:
        """What this archive published, oldest first; only what it had by log entry `until` where that is given."""
        rows = self._db.execute(
            "SELECT body FROM editions WHERE ?1 IS NULL OR seq <= ?1 ORDER BY number", (until,)
        )
        return [msgspec.json.decode(row[0]) for row in rows]

    def edition_seq(self) -> int:
        """The log entry of the newest edition that this archive published, 0 where there is none."""
        [(seq,)] = self._db.execute("SELECT coalesce(max(seq), 0) FROM editions")
        return int(seq)

    def followed(self) -> list[Followed]:
        rows = self._db.execute("SELECT archive, feed, public_key, name FROM followed ORDER BY archive")
        return [Followed(*row) for row in rows]

    def mirrored(self) -> list[dict[str, Any]]:
        """Editions of other archives that are held here, by archive and number."""
        rows = self._db.execute("SELECT body FROM mirrored ORDER BY archive, number")
        return [msgspec.json.decode(row[0]) for row in rows]

    def plan(self) -> Plan | None:
        """What this archive holds of others; None where that is all that it may."""
        body = self.meta("plan")
        return msgspec.json.decode(body, type=Plan | None) if body else None

    def possessions(self) -> list[Possession]:
        """Everything that holders showed, oldest first: the history of who has what."""
        query = (
            "SELECT holder, volume, day, asked, proved, country FROM possessions ORDER BY seq, holder, volume"
        )
        return [Possession(*row) for row in self._db.execute(query)]

    def submissions(self, column: str = "", value: str | int = "") -> Iterator[tuple[str, dict[str, Any]]]:
        """(time, what was submitted) in the order it was logged: all, or those of an `id`, `track` or `digest`."""
        where = f"WHERE {column}=?" if column in ("id", "track", "digest") else ""
        query = f"SELECT time, body FROM submissions {where} ORDER BY id"
        for time, body in self._db.execute(query, (value,) if where else ()):
            yield str(time), msgspec.json.decode(body)

    def submitted(self) -> int:
        """How many fingerprints were submitted, each counted once."""
        row: Any = self._db.execute("SELECT count(DISTINCT digest) FROM submissions").fetchone()
        return int(row[0])

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
            "validators",
            "rechecks",
            "parts",
            "cursors",
            "evidence",
            "retracted",
            "former_links",
            "standing",
            "rulings",
            "withdrawn",
            "notices",
            "submissions",
            "editions",
            "refusals",
            "volumes",
            "followed",
            "mirrored",
            "possessions",
            "vouched",
            "pictures",
            "lyrics",
        )
        return {name: sorted(self._db.execute(f"SELECT * FROM {name}").fetchall()) for name in names}


def _numbers(words: str | None, gone: Collection[int]) -> tuple[int, ...]:
    """The numbers in a profile as SQLite joins them, each once, without those that were taken back."""
    found = {int(number) for number in words.split(",")} if words else set()
    return tuple(sorted(found.difference(gone)))


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
