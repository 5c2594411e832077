# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixity: are the blobs what their names say, does the log's chain hold, are the segments whole?"""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.archive.checking_derived import Bad, damaged_derived
from onrecord.archive.chunks import Verified
from onrecord.archive.core import Archive
from onrecord.archive.filework import FileWork
from onrecord.durable import sha256_of
from onrecord.errors import LogBroken, StoreFailed
from onrecord.ledger import BlobRow
from onrecord.publish.edition import read_sums
from onrecord.store.bucket import Bucket

_COMMIT_SECONDS = 60.0
#: The state of what lies where nobody could look.
_AWAY: Final = "not-mounted"
#: An upload that began so long ago is nobody's any more.
_UNFINISHED = dt.timedelta(days=1)


class CheckReport(Struct):
    """What one run found. `swept` are uploads to a bucket that were never finished, `earlier` files that were read by a
    run before it, which was cut short. `unreached` names roots that could not be asked, each with the reason."""

    blobs: int = 0
    bytes: int = 0
    segments: int = 0
    entries: int = 0
    bad: list[Bad] = msgspec.field(default_factory=list)
    healed: int = 0
    swept: int = 0
    earlier: int = 0
    unreached: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def damaged(self) -> int:
        """How many are damaged or gone: of what lies on a root that is not reached nothing is known."""
        return sum(bad.state != _AWAY for bad in self.bad)


def check(
    archive: Archive,
    *,
    structure_only: bool = False,
    progress: Callable[[int, int], None] = lambda files, size: None,
) -> CheckReport:
    """Check everything: log, segments, editions, and (unless `structure_only`) every byte of every blob.

    What is found is committed: a damaged blob is neither served nor published until it is whole again, and its bytes
    are set aside, not deleted.
    """
    report = CheckReport(unreached=_unreached(archive))
    with archive.writing(checking=True):
        _check_log(archive, report)
        _check_ledger(archive, report)
        _check_segments(archive, report)
        report.bad += damaged_derived(archive)
        _check_editions(archive, report)
        if any(bad.what == "log" for bad in report.bad):
            return report  # nothing is written on top of a broken log, not even what else is damaged
        _check_blobs(archive, structure_only, report, progress)
    return report


def verify(
    archive: Archive, root: str, progress: Callable[[int, int], None] = lambda files, size: None
) -> CheckReport:
    """Check every byte of the blobs on one root (its id), and nothing else; what is found is committed.

    Of a bucket, uploads that nobody finished within a day are given up, too.
    """
    report = CheckReport()
    with archive.writing(checking=True):
        _check_blobs(archive, False, report, progress, root)
        holder = archive.store.root(root)
        if isinstance(holder, Bucket):
            report.swept = holder.objects.sweep_all(_UNFINISHED)
    return report


def _unreached(archive: Archive) -> dict[str, str]:
    """Roots that the settings name and that are not there, with the reason."""
    return archive.unreached_roots | {str(path): "no root is here" for path in archive.lost_roots}


def damaged_segments(archive: Archive) -> list[Bad]:
    """Segments of the tables, read whole, that are not what the log says."""
    found = []
    for segment, _ in archive.ledger.segments():
        state = _state_of(archive.folder / "catalog" / segment.path, segment.sha256)
        if state != "ok":
            found.append(Bad(f"catalog/{segment.path}", state, f"expected SHA-256 {segment.sha256}"))
    return found


def _check_log(archive: Archive, report: CheckReport) -> None:
    try:
        for _ in archive.log.entries():
            report.entries += 1
        archive.log.note_whole()
    except LogBroken as error:
        archive.log.note_broken(error.message)
        report.bad.append(Bad("log", "broken", error.message))


def _check_ledger(archive: Archive, report: CheckReport) -> None:
    if not archive.ledger.is_whole():
        archive.rebuild_ledger()
        report.bad.append(
            Bad("ledger.sqlite", "damaged", "it is only an index: put aside and made again from the log")
        )


def _check_segments(archive: Archive, report: CheckReport) -> None:
    report.segments = sum(1 for _ in archive.ledger.segments())
    report.bad += damaged_segments(archive)


def _check_editions(archive: Archive, report: CheckReport) -> None:
    held = [("editions", edition) for edition in archive.ledger.editions()]
    held += [(f"mirrored/{edition['archive']}", edition) for edition in archive.ledger.mirrored()]
    for place, edition in held:
        folder = archive.folder / place / str(edition["number"])
        expected = {"SHA256SUMS": edition["sums"]}
        if _state_of(folder / "SHA256SUMS", edition["sums"]) == "ok":
            expected |= read_sums(folder / "SHA256SUMS")
        for name, sha256 in expected.items():
            state = _state_of(folder / name, sha256)
            if state != "ok":
                report.bad.append(
                    Bad(f"{place}/{edition['number']}/{name}", state, f"expected SHA-256 {sha256}")
                )


def _check_blobs(
    archive: Archive,
    structure_only: bool,
    report: CheckReport,
    progress: Callable[[int, int], None],
    only: str = "",
) -> None:
    """Each state that changed is committed within a minute, so that a check that was killed was not for nothing."""
    changed: dict[str, str] = {}
    of_root = {"root": only} if only else {}
    last = time.monotonic()
    rows = _asked(archive, only, report)
    for row, said in _present(archive, rows) if structure_only else _read(archive, rows, report):
        report.blobs += 1
        report.bytes += row.size
        root = archive.store.root(row.root)
        if said.state == "silent" or root is None:  # a server that does not answer is no damage
            report.bad.append(Bad(row.sha256, _AWAY, said.detail))
            continue
        state = _settled(archive, row, said.state, read=not structure_only)
        if state == "ok":
            report.healed += not row.is_held
        else:
            report.bad.append(Bad(row.sha256, state, f"{row.size:,} bytes, in {root.place}"))
        if state != ("ok" if row.is_held else row.state):
            changed[row.sha256] = state
        progress(report.blobs, report.bytes)
        if changed and time.monotonic() - last >= _COMMIT_SECONDS:
            archive.commit("checked", {"states": changed, **of_root})
            changed, last = {}, time.monotonic()
    others = sum(bad.state != _AWAY and "/" in bad.what for bad in report.bad)
    counts = {"blobs": report.blobs, "bytes": report.bytes, "full": not structure_only, "others": others}
    archive.commit("checked", {"states": changed, **counts, **of_root})


def _asked(archive: Archive, only: str, report: CheckReport) -> Iterator[BlobRow]:
    """Blobs to check, on all roots or one; those on roots that are not there are reported."""
    for row in list(archive.ledger.blobs()):
        if row.is_turned_away or only not in ("", row.root):
            continue  # set aside, and nothing rests on it: it is not held
        if archive.store.root(row.root) is None:
            # An unplugged disk is no damage: nothing is known of its blobs, so nothing is said of them in the log.
            report.blobs += 1
            report.bytes += row.size
            report.bad.append(Bad(row.sha256, _AWAY, f"{row.size:,} bytes, on root {row.root}"))
        else:
            yield row


def _present(archive: Archive, rows: Iterator[BlobRow]) -> Iterator[tuple[BlobRow, Verified]]:
    """Blobs with their states, where nothing is read of those that are there."""
    silent: dict[str, str] = {}
    for row in rows:
        state = "silent" if row.root in silent else ""
        try:
            if not state and archive.store.is_there(row.sha256, row.root):
                state = "ok" if row.is_held else row.state
        except StoreFailed as error:
            silent[row.root], state = error.message, "silent"  # it is not waited for again
        yield row, Verified(row.sha256, state or "missing", silent.get(row.root, ""))


def _read(
    archive: Archive, rows: Iterator[BlobRow], report: CheckReport
) -> Iterator[tuple[BlobRow, Verified]]:
    """Blobs with their states, read whole by whichever engine there is; in no order."""
    with FileWork(archive, "verify") as work:
        for _, found in work.over((row.sha256, row.root, row.size) for row in rows):
            report.earlier = work.earlier
            for values in found:
                said, row = Verified(**values), archive.ledger.blob(values["sha256"])
                assert row is not None
                if said.state not in ("ok", "silent"):
                    # Whoever read it may have had another disk before it, or none; or it was repaired since.
                    said = Verified(row.sha256, archive.store.verify(row.sha256, row.root, row.size))
                yield row, said


def _settled(archive: Archive, row: BlobRow, state: str, *, read: bool) -> str:
    """The state of a blob. What was read and is damaged is set aside at once; after that its first state stays its
    name."""
    before = "ok" if row.is_held else row.state
    if read and state not in ("ok", "missing"):
        archive.store.set_aside(row.sha256, row.root)
    return before if state == "missing" and before != "ok" else state


def _state_of(path: Path, sha256: str) -> str:
    try:
        return "ok" if sha256_of(path) == sha256 else "flipped"
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"
