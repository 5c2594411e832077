# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings what is seeded from buckets to this machine, in a bounded room: the volumes that are held least come first.

A volume is brought whole or not at all, and stays until it is not in the newest edition any more, may not be shared, or
others need the room more.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.newest_editions import volume_torrents
from onrecord.archive.planning import need
from onrecord.archive.volume_looks import Looks
from onrecord.errors import DigestMismatch, NotFound, StoreFailed, StoreFull
from onrecord.ledger import BlobRow
from onrecord.store.bucket import Bucket
from onrecord.store.objects import AT_ONCE


class CopiesReport(Struct):
    """`files` of so many bytes are here now, `brought` of them by this run, `given_up` are gone. `why` says what ended
    it before all that has room was here, "" where nothing did."""

    files: int = 0
    bytes: int = 0
    brought: int = 0
    given_up: int = 0
    why: str = ""


def renew(
    archive: Archive, most: int, progress: Callable[[int, int], None] = lambda files, size: None
) -> CopiesReport:
    """Have copies of at most so many bytes for seeding; none for 0. What cannot be read is left out."""
    buckets = {root.id: root for root in archive.store.roots if isinstance(root, Bucket)}
    wanted = _wanted(archive, most) if buckets and most else {}
    report = CopiesReport()
    for bucket in buckets.values():
        for name in list(bucket.copies.names()):
            if name not in wanted or wanted[name].root != bucket.id:
                bucket.copies.forget(name)
                report.given_up += 1

    def one(row: BlobRow) -> int:
        bucket = buckets[row.root]
        if bucket.free() - row.size < archive.store.reserve:
            raise StoreFull(f"{bucket.path}: {bucket.free():,} bytes free, {row.size:,} needed")
        try:
            with bucket.holding(row.sha256) as file:
                bucket.copies.keep(row.sha256, file)
        except (NotFound, DigestMismatch):
            return 0
        return row.size

    def is_here(row: BlobRow) -> bool:
        return buckets[row.root].copies.path(row.sha256) is not None

    lacking = [row for row in wanted.values() if not is_here(row)]
    files = size = 0
    with ThreadPoolExecutor(AT_ONCE) as threads:
        try:
            for at in range(0, len(lacking), AT_ONCE):
                for came in threads.map(one, lacking[at : at + AT_ONCE]):
                    files, size = files + (came > 0), size + came
                progress(files, size)
        except (StoreFull, StoreFailed) as error:
            report.why = error.message
    # Looked at once nothing comes any more: what was wanted may not have come, and some came beside what ended it.
    here = [row for row in wanted.values() if is_here(row)]
    report.files, report.bytes = len(here), sum(row.size for row in here)
    report.brought = sum(is_here(row) for row in lacking)
    return report


def _wanted(archive: Archive, most: int) -> dict[str, BlobRow]:
    looks, order, torrents = Looks(archive), need(archive), volume_torrents(archive)
    wanted: dict[str, BlobRow] = {}
    left = most
    for name in sorted(torrents, key=order):
        rows = {row.sha256: row for row in looks.remote(torrents[name]) if row.sha256 not in wanted}
        size = sum(row.size for row in rows.values())
        if size <= left:
            wanted |= rows
            left -= size
    return wanted
