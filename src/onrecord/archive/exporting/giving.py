# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes that are given out: read once, checked against the blob's name, never sharing an inode with it."""

import fcntl
import hashlib
import os
from pathlib import Path
from typing import Final

from onrecord.archive.checking_derived import Bad
from onrecord.archive.core import Archive
from onrecord.archive.exporting.report import ExportReport
from onrecord.archive.exporting.wanted import File
from onrecord.errors import DigestMismatch, NotFound
from onrecord.store.roots import refused_write

_FICLONE: Final = (
    0x40049409  # linux/fs.h: share the blocks of another file, which stay apart when one is written to
)
_BUFFER: Final = 1024 * 1024


class Damaged(Exception):
    """A blob that is not what its name says; it is left out and named."""

    def __init__(self, file: File, state: str, detail: str) -> None:
        super().__init__(state)
        name = file.sound.names[0] if file.sound.names else file.title
        self.bad = Bad(file.sound.sha256, state, f"{name}: {detail}")


def give(archive: Archive, file: File, target: Path, report: ExportReport) -> bool:
    """Write a file; False where its blob is damaged, which is noted."""
    try:
        written(archive, file, target, report)
    except Damaged as damaged:
        report.damaged.append(damaged.bad)
        return False
    return True


def remove_empty(folder: Path) -> None:
    """Remove a folder and those above it, as far as they are empty."""
    while not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def written(archive: Archive, file: File, target: Path, report: ExportReport) -> tuple[str, str]:
    """Write a new file with a blob's bytes, which are read once; gives their SHA-256 and SHA-512."""
    source = _opened(archive, file)
    try:
        shares, sha512 = _copied(source, target, file)
    except Damaged:
        target.unlink(missing_ok=True)
        raise
    finally:
        os.close(source)
    report.files += 1
    report.bytes += file.sound.size
    report.shared += shares
    return file.sound.sha256, sha512


def _opened(archive: Archive, file: File) -> int:
    blob = archive.ledger.blob(file.sound.sha256)
    if blob is None or blob.state != "ok":
        raise Damaged(file, blob.state if blob else "missing", "the last check found it so")
    if archive.store.root(blob.root) is None:
        raise Damaged(file, "not-mounted", f"it lies on root {blob.root}")
    try:
        fd = archive.store.open(blob.sha256, blob.root)
    except NotFound as error:
        raise Damaged(file, "missing", error.message) from None
    except (DigestMismatch, OSError) as error:
        raise Damaged(file, "unreadable", str(error)) from None
    size = os.fstat(fd).st_size
    if size != blob.size:
        os.close(fd)
        state = "truncated" if size < blob.size else "flipped"
        raise Damaged(file, state, f"expected {blob.size:,} bytes, got {size:,}")
    return fd


def _copied(source: int, target: Path, file: File) -> tuple[bool, str]:
    """(shares the blob's blocks, SHA-512). Raises Damaged, or StoreFull and StoreFailed where the target refuses."""
    try:
        copy = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise refused_write(error, target.parent) from error
    try:
        shares = reflink(source, copy)
        # Of a clone the clone itself is read: that is what is given out.
        sha256, sha512 = _digested(copy if shares else source, None if shares else copy, target, file)
    finally:
        os.close(copy)
    if sha256 != file.sound.sha256:
        raise Damaged(file, "flipped", f"its bytes have the SHA-256 {sha256}")
    return shares, sha512


def reflink(source: int, copy: int) -> bool:
    """Have a new file share the blocks of another, by descriptors; False where the file system cannot."""
    try:
        fcntl.ioctl(copy, _FICLONE, source)
    except OSError:
        return False
    return True


def _digested(source: int, copy: int | None, target: Path, file: File) -> tuple[str, str]:
    """SHA-256 and SHA-512 of a descriptor's bytes, which are written to `copy` on the way."""
    short, long = hashlib.sha256(), hashlib.sha512()
    view = memoryview(bytearray(_BUFFER))
    while True:
        try:
            got = os.readv(source, (view,))
        except OSError as error:
            raise Damaged(file, "unreadable", error.strerror or str(error)) from None
        if not got:
            return short.hexdigest(), long.hexdigest()
        run = view[:got]
        short.update(run)
        long.update(run)
        try:
            while copy is not None and run:
                run = run[os.write(copy, run) :]
        except OSError as error:
            raise refused_write(error, target.parent) from error
