# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`add`: what comes in, what is refused and why, and that nothing is read or written twice."""

import os
import shutil
from pathlib import Path

import pytest

from onrecord.archive import Archive
from onrecord.archive.add import AddReport, add
from onrecord.archive.settings import read_settings
from onrecord.errors import ArchiveLocked, NotFound
from onrecord.store import Arrival
from tests.tones import Album, write


def bytes_written(archive: Archive) -> dict[str, int]:
    """Time of the last change of every blob."""
    return {path.name: path.stat().st_mtime_ns for path in archive.folder.glob("blobs/??/??/*")}


def test_free_music_is_kept_and_music_without_evidence_is_not(archive: Archive, album: Album) -> None:
    report = add(archive, [album.folder])
    assert report.new == 5
    assert [(item.name, item.code) for item in report.refused] == [("closed/nothing.opus", "R-NOT-HELD")]
    assert archive.ledger.blob_totals()[0] == 5


def test_a_depositor_may_keep_what_others_may_not(archive: Archive, album: Album) -> None:
    report = add(archive, [album.folder], held_as="deposit")
    assert (report.new, report.refused) == (6, [])


def test_the_bytes_are_kept_as_they_came(archive: Archive, album: Album) -> None:
    add(archive, [album.folder], held_as="owner")
    for path in (*album.free, *album.closed):
        deposit = archive.ledger.deposited(os.fsencode(path))
        assert deposit is not None
        blob = archive.ledger.blob(deposit.sha256)
        assert blob is not None
        assert archive.store.path(blob.sha256, blob.root).read_bytes() == path.read_bytes()


def test_adding_again_reads_nothing_and_writes_nothing(archive: Archive, album: Album) -> None:
    add(archive, [album.folder], held_as="owner")
    before, entry = bytes_written(archive), archive.log.last
    report = add(archive, [album.folder], held_as="owner")
    assert (report.known, report.new, report.again) == (6, 0, 0)
    assert bytes_written(archive) == before
    assert archive.log.last == entry, "nothing new, so nothing to commit"


def test_the_same_bytes_under_another_name_are_stored_once(
    archive: Archive, album: Album, tmp_path: Path
) -> None:
    add(archive, [album.folder], held_as="owner")
    before = bytes_written(archive)
    copy = shutil.copytree(album.folder, tmp_path / "copy")
    report = add(archive, [copy], held_as="owner")
    assert (report.new, report.again) == (0, 6)
    assert bytes_written(archive) == before


def test_a_file_that_changed_is_read_again(archive: Archive, tmp_path: Path) -> None:
    path = write(tmp_path / "in" / "a.opus", seed=1)
    add(archive, [path.parent], held_as="owner")
    write(path, seed=2)
    assert add(archive, [path.parent], held_as="owner").new == 1


@pytest.mark.parametrize("arrival", [Arrival.LINK, Arrival.MOVE])
def test_link_and_move_need_no_second_space(archive: Archive, tmp_path: Path, arrival: Arrival) -> None:
    path = write(tmp_path / "in" / "a.opus", seed=1)
    content, inode = path.read_bytes(), path.stat().st_ino
    report = add(archive, [path.parent], held_as="owner", arrival=arrival)
    assert report.new == 1
    assert path.exists() == (arrival is Arrival.LINK)
    [row] = archive.ledger.blobs()
    blob = archive.store.path(row.sha256, row.root)
    assert blob.read_bytes() == content
    assert blob.stat().st_ino == inode


def test_what_is_no_sound_is_named_or_passed_over(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write(folder / "good.opus", seed=1)
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0 not really")
    (folder / "page.ogg").write_text("<html><script>alert(1)</script>")
    (folder / "empty.mp3").touch()
    (folder / "link.opus").symlink_to(folder / "good.opus")
    (folder / "cut.flac").write_bytes(write(tmp_path / "x.flac", seed=3).read_bytes()[:40])
    report = add(archive, [folder], held_as="owner")
    assert report.new == 1
    assert report.passed_over == 1
    assert sorted(item.name for item in report.refused) == ["cut.flac", "empty.mp3", "page.ogg"]
    assert all(item.detail for item in report.refused)
    assert list(archive.store.roots[0].parts.iterdir()) == [], "what is refused leaves no bytes"


def test_an_archive_on_two_disks_fills_the_roomier_one(tmp_path: Path, album: Album) -> None:
    folder = tmp_path / "archive"
    Archive.create(folder).close()
    from onrecord.store.roots import make_root

    second = make_root(tmp_path / "disk2")
    text = (folder / "onrecord.toml").read_text()
    (folder / "onrecord.toml").write_text(text.replace('["blobs"]', f'["blobs", "{second.path}"]'))
    with Archive.open(folder) as archive:
        assert len(archive.store.roots) == 2
        add(archive, [album.folder], held_as="owner")
        held = {row.root for row in archive.ledger.blobs()}
        assert held <= {root.id for root in archive.store.roots}


def test_a_second_writer_is_refused(archive: Archive, album: Album) -> None:
    with archive.writing(), Archive.open(archive.folder) as other, pytest.raises(ArchiveLocked, match="pid"):
        add(other, [album.folder])


def test_a_path_that_is_not_there(archive: Archive) -> None:
    with pytest.raises(NotFound, match="no such file"):
        add(archive, [archive.folder / "nowhere"])


def test_hostile_tags_are_kept_as_text(archive: Archive, tmp_path: Path) -> None:
    title = "<script>alert(1)</script>\u202e\x1b[31m=1+1"
    write(tmp_path / "in" / "a.opus", seed=1, tags={"title": title})
    report: AddReport = add(archive, [tmp_path / "in"], held_as="owner")
    assert report.new == 1


def test_settings_name_the_line_of_an_unknown_key(tmp_path: Path) -> None:
    from onrecord.errors import ConfigError

    path = tmp_path / "onrecord.toml"
    path.write_text('[archive]\nname = "x"\n\n[store]\nrootz = ["a"]\n')
    with pytest.raises(ConfigError, match=r"line 5.*rootz"):
        read_settings(path)
    for section, value in {
        "work": 'memory = "lots"',
        "work ": "workers = -1",
        "engine": 'kind = "sparc"',
    }.items():
        path.write_text(f"[{section.strip()}]\n{value}\n")
        with pytest.raises(ConfigError, match=r"line 2: .*(matching|>= 0|expected one of embedded, spark)"):
            read_settings(path)


@pytest.mark.parametrize("arrival", list(Arrival))
def test_an_archive_is_never_added_to_an_archive(
    archive: Archive, album: Album, tmp_path: Path, arrival: Arrival
) -> None:
    """Its blobs would be moved out from under it."""
    add(archive, [album.folder / "free"])
    before = bytes_written(archive)
    for top in (
        tmp_path,
        archive.folder,
        archive.folder / "blobs",
        next((archive.folder / "blobs").glob("??")),
    ):
        report = add(archive, [top], held_as="owner", arrival=arrival)
        assert (report.new, report.again) == (0, 0)
        assert report.left_out
    assert bytes_written(archive) == before


def test_links_are_named(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write(folder / "good.opus", seed=1)
    (folder / "link.opus").symlink_to(folder / "good.opus")
    (folder / "folder").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    report = add(archive, [folder], held_as="owner")
    assert sorted(item.name for item in report.left_out) == ["folder", "link.opus", "pipe"]


def test_a_damaged_blob_is_repaired_by_its_bytes_alone(archive: Archive, tmp_path: Path) -> None:
    """What was said of the bytes when they came before still holds."""
    from onrecord.archive.checking import check

    path = write(tmp_path / "in" / "a.opus", seed=1)
    add(archive, [path.parent], held_as="owner")
    [row] = archive.ledger.blobs()
    archive.store.path(row.sha256, row.root).unlink()
    assert [bad.state for bad in check(archive).bad] == ["missing"]
    path.rename(tmp_path / "elsewhere.opus")
    report = add(archive, [tmp_path / "elsewhere.opus"])
    assert (report.repaired, report.refused) == (1, [])
    assert check(archive).bad == []


def test_what_was_refused_once_and_is_taken_now_is_refused_no_longer(
    archive: Archive, tmp_path: Path
) -> None:
    write(tmp_path / "in" / "a.opus", seed=1)
    assert len(add(archive, [tmp_path / "in"]).refused) == 1
    assert [name for name, _, _ in archive.ledger.refusals(10)] == ["a.opus"]
    add(archive, [tmp_path / "in"], held_as="owner")
    assert archive.ledger.refusals(10) == []
