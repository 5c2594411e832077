# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold of an archive after any fault and one more run: whole, nothing doubled, nothing left lying about."""

from pathlib import Path

from onrecord.archive import Archive
from onrecord.archive.checking import check

#: For each table the columns that no two rows may share, whatever was killed between.
_ONCE = {
    "files": "sha256",
    "sounds": "sha256, analyser",  # on a mirror also what the edition said, until it was looked into
    "deposits": "path, size, mtime_ns, inode, sha256",
    "records": "source, record, sha256",
    "tracks": "source, record, id, seq",
    "links": "blob, source, record, track, evidence, seq",
    "ids": "kind, id, source, source_id",
    "redirects": "kind, old, seq",
    "volumes": "volume, sha256",
}


def assert_whole(folder: Path) -> None:
    """Fails by name where something is lost, doubled or left over. Writes nothing but the entry of the check."""
    with Archive.open(folder) as archive:
        report = check(archive)
        assert report.bad == []
        assert_nothing_doubled(archive)
        assert_nothing_left_over(archive)
        before = archive.ledger.dump()
        archive.rebuild_ledger()
        assert archive.ledger.dump() == before


def assert_nothing_doubled(archive: Archive) -> None:
    with archive.duck() as duck:
        for table, columns in _ONCE.items():
            doubled = duck.run(
                f"SELECT {columns}, count(*) FROM {table} GROUP BY {columns} HAVING count(*) > 1"
            )
            assert doubled == [], f"{table} holds rows twice"
    numbers = [edition["number"] for edition in archive.ledger.editions()]
    assert numbers == list(range(1, len(numbers) + 1))


def assert_nothing_left_over(archive: Archive) -> None:
    """After a run that finished there is no part, no half-built folder, no blob and no segment that nothing names."""
    folder = archive.folder
    left = [
        path for path in folder.rglob("*") if path.suffix == ".part" or path.name.startswith(".building-")
    ]
    left += [part for root in archive.store.roots for part in root.parts.iterdir()]
    assert left == []
    blobs = {path.name for root in archive.store.roots for path in root.path.glob("??/??/*")}
    assert blobs == {row.sha256 for row in archive.ledger.blobs()}
    segments = {
        path.relative_to(folder / "catalog").as_posix() for path in folder.glob("catalog/*/[0-9]*.parquet")
    }
    assert segments == {segment.path for segment, _ in archive.ledger.segments()}
    editions = {path.name for path in (folder / "editions").iterdir() if path.is_dir()} - {"volumes", "feed"}
    assert editions == {str(edition["number"]) for edition in archive.ledger.editions()}
