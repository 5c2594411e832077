# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixity: are the blobs what their names say, does the log's chain hold, are the segments whole?"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.errors import IntegrityError, LogBroken


class Bad(Struct, frozen=True):
    """Something damaged: a blob (by digest), a segment or an edition's file (by path), or the log."""

    what: str
    state: str
    detail: str


class CheckReport(Struct):
    blobs: int = 0
    bytes: int = 0
    segments: int = 0
    entries: int = 0
    bad: list[Bad] = msgspec.field(default_factory=list)
    healed: int = 0


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
    report = CheckReport()
    with archive.writing():
        _check_log(archive, report)
        _check_ledger(archive, report)
        _check_segments(archive, report)
        _check_editions(archive, report)
        _check_blobs(archive, structure_only, report, progress)
    return report


def _check_log(archive: Archive, report: CheckReport) -> None:
    try:
        for _ in archive.log.entries():
            report.entries += 1
    except LogBroken as error:
        report.bad.append(Bad("log", "broken", error.message))


def _check_ledger(archive: Archive, report: CheckReport) -> None:
    if not archive.ledger.is_whole():
        archive.rebuild_ledger()
        report.bad.append(
            Bad("ledger.sqlite", "damaged", "it is only an index: put aside and made again from the log")
        )


def _check_segments(archive: Archive, report: CheckReport) -> None:
    for segment, _ in archive.ledger.segments():
        path = archive.folder / "catalog" / segment.path
        report.segments += 1
        state = _state_of(path, segment.sha256)
        if state != "ok":
            report.bad.append(Bad(f"catalog/{segment.path}", state, f"expected SHA-256 {segment.sha256}"))


def _check_editions(archive: Archive, report: CheckReport) -> None:
    for edition in archive.ledger.editions():
        folder = archive.folder / "editions" / str(edition["number"])
        expected = {"SHA256SUMS": edition["sums"]}
        if _state_of(folder / "SHA256SUMS", edition["sums"]) == "ok":
            lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
            expected |= {name: sha256 for sha256, name in (line.split("  ", 1) for line in lines)}
        for name, sha256 in expected.items():
            state = _state_of(folder / name, sha256)
            if state != "ok":
                report.bad.append(
                    Bad(f"editions/{edition['number']}/{name}", state, f"expected SHA-256 {sha256}")
                )


def _check_blobs(
    archive: Archive, structure_only: bool, report: CheckReport, progress: Callable[[int, int], None]
) -> None:
    changed: dict[str, str] = {}
    for row in list(archive.ledger.blobs()):
        if structure_only and archive.store.find(row.sha256):
            state = row.state
        else:
            state = archive.store.verify(row.sha256, row.root, row.size)
        report.blobs += 1
        report.bytes += row.size
        progress(report.blobs, report.bytes)
        if state == "ok":
            report.healed += row.state != "ok"
        else:
            root = archive.store.root(row.root)
            detail = (
                f"{row.size:,} bytes, {root.blob(row.sha256) if root else f'on root {row.root}, not mounted'}"
            )
            report.bad.append(Bad(row.sha256, state, detail))
            # What failed once stays failed under its first name, though its bytes were set aside since.
            state = row.state if state == "missing" and row.state != "ok" else state
        if state != row.state:
            changed[row.sha256] = state
    archive.commit(
        "checked",
        {"states": changed, "blobs": report.blobs, "bytes": report.bytes, "full": not structure_only},
    )
    for sha256, state in changed.items():
        blob = archive.ledger.blob(sha256)
        if state in ("flipped", "truncated", "unreadable") and blob:
            archive.store.set_aside(sha256, blob.root)


def _state_of(path: Path, sha256: str) -> str:
    try:
        with path.open("rb") as file:
            return "ok" if hashlib.file_digest(file, "sha256").hexdigest() == sha256 else "flipped"
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"


def raise_if_bad(report: CheckReport) -> None:
    """IntegrityError (exit 4) where the check found damage."""
    if report.bad:
        raise IntegrityError(
            f"{len(report.bad)} damaged: "
            + ", ".join(f"{bad.what[:16]} {bad.state}" for bad in report.bad[:5]),
            "add the files again, or repair from a mirror; nothing damaged is served or published",
        )
