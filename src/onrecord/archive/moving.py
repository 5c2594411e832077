# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves blobs from root to root: between disks, into a bucket, and back.

A blob is given up where it was only after it was verified where it is now, and after the log says so. Between the two
it lies in both places; what a kill leaves there is given up by the next run, by the last entry `moved`.
"""

import datetime as dt
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.door import Refused
from onrecord.archive.portions import in_portions
from onrecord.errors import DigestMismatch, NotFound, StoreFailed, StoreFull, UsageError
from onrecord.ledger import BlobRow, alone
from onrecord.store import Root
from onrecord.store.roots import BRINGING

_AT_ONCE = 4
#: Blobs and seconds after which what came is committed.
_COMMIT = 1024
_SECONDS = 20.0
#: Rows of the ledger that are chosen at a time.
_LOOKED_AT = 50_000
_LAST = "ff" * 32


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """Which blobs are moved: those that keep to all of it. "" and 0 ask for nothing.

    source: the root that they lie on. kind: `sound`, `picture`, `copy`. larger_than: bytes, at least. older_than: days
    since they came, at least. at_most: bytes together, for a bound on one run.
    """

    source: str = ""
    kind: str = ""
    larger_than: int = 0
    older_than: int = 0
    at_most: int = 0


class MoveReport(Struct):
    """`there` were at the target already; `given_up` is what an earlier run had left in two places."""

    moved: int = 0
    bytes: int = 0
    there: int = 0
    given_up: int = 0
    elapsed: float = 0.0
    failed: list[Refused] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)


def move(
    archive: Archive, target: str, rule: Rule, progress: Callable[[int, int], None] = lambda files, size: None
) -> MoveReport:
    """Move what keeps to a rule to the root `target` (its id). Others may write meanwhile.

    Each committed portion stays; the next call goes on from there. A blob that cannot be moved is named and stays.
    Raises UsageError where there is no such root, StoreFull and StoreFailed where the target takes nothing more.
    """
    root = archive.store.root(target)
    if root is None:
        there = ", ".join(f"{each.id} ({each.place})" for each in archive.store.roots)
        raise UsageError(
            f"{target!r}: expected a root that is there: {there}", "`onrecord store root` makes one"
        )
    report, begun = MoveReport(notes=list(root.notes())), time.monotonic()
    with alone(archive.folder / "moving.lock", archive.folder, "is moving blobs (`store move`)"):
        for each in archive.store.roots:
            shutil.rmtree(each.path / BRINGING, ignore_errors=True)  # a killed run's
        with archive.writing(moment=True):
            report.given_up = _give_up(archive)
        chosen = _Chosen(archive, root, rule, report)
        while rows := chosen.next():
            for portion in in_portions(_brought(archive, root, rows, report), _COMMIT, _SECONDS):
                _commit(archive, root, portion, report)
                progress(report.moved, report.bytes)
    report.elapsed = time.monotonic() - begun
    return report


class _Chosen:
    """What keeps to the rule, so many at a time: nothing is committed while the ledger is read."""

    def __init__(self, archive: Archive, target: Root, rule: Rule, report: MoveReport) -> None:
        self._archive, self._target, self._rule, self._report = archive, target, rule, report
        self._old = _older(archive, rule.older_than) if rule.older_than else None
        self._after = ""
        self._total = 0

    def next(self) -> list[BlobRow]:
        """The next ones; none where that were all."""
        found = list[BlobRow]()
        for row in self._archive.ledger.blobs(after=self._after):
            self._after = row.sha256
            if not self._keeps(row):
                continue
            if row.root == self._target.id:
                self._report.there += 1
                continue
            self._total += row.size
            if 0 < self._rule.at_most < self._total:
                break
            found.append(row)
            if len(found) == _LOOKED_AT:
                return found
        self._after = _LAST
        return found

    def _keeps(self, row: BlobRow) -> bool:
        rule = self._rule
        return (
            row.is_held
            and rule.source in ("", row.root)
            and rule.kind in ("", row.kind)
            and row.size >= rule.larger_than
            and (self._old is None or row.sha256 in self._old)
        )


def _older(archive: Archive, days: int) -> set[str]:
    """Digests of what came at least so many days ago."""
    day = (archive.clock() - dt.timedelta(days=days)).astimezone(dt.UTC)
    last = 0
    for entry in archive.log.entries():
        if dt.datetime.fromisoformat(entry.time) > day:
            break
        last = entry.seq
    with archive.duck() as duck:
        return {str(row[0]) for row in duck.run("SELECT DISTINCT sha256 FROM files WHERE seq <= ?", [last])}


def _brought(
    archive: Archive, target: Root, rows: Sequence[BlobRow], report: MoveReport
) -> Iterator[Sequence[BlobRow]]:
    """Each blob, once it is durable and verified at the target."""

    def bring(row: BlobRow) -> BlobRow | Refused:
        try:
            if not target.is_remote and target.free() - row.size < archive.store.reserve:
                raise StoreFull(
                    f"{target.place}: {target.free():,} bytes free, {row.size:,} needed and {archive.store.reserve:,}"
                    " kept in reserve",
                    "what was moved stays there; free some space or choose fewer",
                )
            with archive.store.holding(row.sha256, row.root) as path:
                target.bring(path, row.sha256)
        except NotFound as error:
            return Refused(row.sha256, "missing", error.message)
        except DigestMismatch as error:
            return Refused(row.sha256, "damaged", error.message)
        return row

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for at in range(0, len(rows), _AT_ONCE):
            done = [threads.submit(bring, row) for row in rows[at : at + _AT_ONCE]]
            came = list[BlobRow]()
            try:
                for each in done:
                    result = each.result()
                    if isinstance(result, Refused):
                        report.failed.append(result)
                    else:
                        came.append(result)
            except (StoreFull, StoreFailed):
                yield came  # those are verified, and counted before it stops
                raise
            yield came


def _commit(archive: Archive, target: Root, came: Iterable[BlobRow], report: MoveReport) -> None:
    with archive.writing(moment=True):
        # Who was withdrawn from the ledger, repaired or moved meanwhile stays as it is now.
        now = [(row, archive.ledger.blob(row.sha256)) for row in came]
        moved = [row for row, blob in now if blob == row]
        if not moved:
            return
        data = {
            "moved": {row.sha256: target.id for row in moved},
            "from": {row.sha256: row.root for row in moved},
        }
        archive.commit("moved", data)
        # Under the lock: nobody can be about to say that it is held there.
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(lambda row: _remove(archive, row.sha256, row.root), moved))
    report.moved += len(moved)
    report.bytes += sum(row.size for row in moved)


def _give_up(archive: Archive) -> int:
    """Delete what the last run had moved and not yet given up; gives how much."""
    given_up = 0
    if not (last := int(archive.ledger.meta("moved") or 0)):
        return 0
    entry = next(iter(archive.log.entries(after=last - 1)))
    for sha256, source in entry.data["from"].items():
        blob = archive.ledger.blob(sha256)
        # Only where it is held elsewhere, as the ledger says and the other root, too.
        if (
            blob is not None
            and blob.root != source
            and blob.is_held
            and archive.store.is_there(sha256, source)
            and archive.store.is_there(sha256, blob.root)
        ):
            _remove(archive, sha256, source)
            given_up += 1
    return given_up


def _remove(archive: Archive, sha256: str, source: str) -> None:
    root = archive.store.root(source)
    if root is not None:
        root.remove(sha256)
