# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk for the post that is written a second time: what was damaged is whole again, what left the edition is told."""

from pathlib import Path

from onrecord.archive import Archive
from onrecord.archive.exporting.disk import export_disk


def payloads(disk: Path) -> list[Path]:
    return sorted(path for path in disk.rglob("data/*") if path.is_file())


def test_what_came_to_harm_on_the_disk_is_written_anew(published: Archive, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    first = export_disk(published, disk)
    assert first.files > 4 and first.had == 0 and first.stale == []
    victim = payloads(disk)[0]
    good = victim.read_bytes()
    victim.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    again = export_disk(published, disk)
    assert (again.files, again.had) == (1, first.files - 1)
    assert victim.read_bytes() == good


def test_what_is_in_no_newest_edition_is_told(published: Archive, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    export_disk(published, disk)
    old = disk / published.id / "onrecord-cc0-1-0-000000000000"
    old.mkdir()
    (disk / published.id / "onrecord-cc0-1-0-000000000000.torrent").write_bytes(b"")
    assert export_disk(published, disk).stale == [str(old), f"{old}.torrent"]
