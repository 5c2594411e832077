# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`check` names what is damaged; nothing damaged leaves; adding it again heals (faults 12, 15 to 17)."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.checking import check
from onrecord.archive.last_match import is_matched
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.reading import open_reader
from onrecord.errors import IntegrityError, LogBroken
from onrecord.web.app import create_app
from tests.archive.matched_tables import kept_rows
from tests.archive.published_files import published_files
from tests.tones import Album


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


DAMAGE: list[tuple[Callable[[Path], object], str]] = [
    (flip, "flipped"),
    (lambda path: os.truncate(path, 100), "truncated"),
    (lambda path: path.unlink(), "missing"),
    (lambda path: (path.unlink(), path.symlink_to("/etc/passwd")), "unreadable"),
]


@pytest.mark.parametrize(("damage", "state"), DAMAGE, ids=[state for _, state in DAMAGE])
def test_damage_is_named_withheld_and_healed(
    filled: Archive, album: Album, damage: Callable[[Path], object], state: str
) -> None:
    archive = filled
    sha256 = hashlib.sha256(album.free[0].read_bytes()).hexdigest()
    row = archive.ledger.blob(sha256)
    assert row is not None
    path = archive.store.path(row.sha256, row.root)
    damage(path)

    report = check(archive)
    assert [(bad.what, bad.state) for bad in report.bad] == [(row.sha256, state)]
    reader = open_reader(archive.folder)
    with pytest.raises(IntegrityError, match=state):
        reader.sound(row.sha256)
    assert reader.glance().bad == 1
    assert "P-DAMAGED" in {code for item in reader.refusals(100) for code in item.codes}
    edition = publish(archive)
    assert edition.published == len(album.free) - 1
    assert row.sha256 not in published_files(archive, 1)
    assert [bad.what for bad in check(archive).bad] == [row.sha256], "still damaged, still named"

    assert add(archive, [album.folder], held_as="owner").again == 1
    assert check(archive).bad == []
    assert reader.sound(row.sha256)[0].stat().st_size == row.size
    assert publish(archive).published == len(album.free)


def test_a_lost_disk_lists_what_to_repair(tmp_path: Path, album: Album) -> None:
    from onrecord.store.roots import make_root

    Archive.create(tmp_path / "archive").close()
    second = make_root(tmp_path / "disk2")
    settings = tmp_path / "archive" / "onrecord.toml"
    settings.write_text(settings.read_text().replace('["blobs"]', f'["{second.path}"]'))
    with Archive.open(tmp_path / "archive") as archive:
        add(archive, [album.folder / "free"])
        held = [row.sha256 for row in archive.ledger.blobs()]
    second.path.rename(tmp_path / "unplugged")
    with Archive.open(tmp_path / "archive") as archive:
        assert archive.lost_roots == [second.path]
        report = check(archive)
        assert [bad.what for bad in report.bad] == held
        assert all(bad.state == "not-mounted" and second.id in bad.detail for bad in report.bad)
        archive.rebuild_ledger()
        assert {row.root for row in archive.ledger.blobs()} == {second.id}, "the ledger still knows the disk"
        assert publish(archive).published == len(held), "an unplugged disk changes no volume"
    (tmp_path / "unplugged").rename(second.path)
    with Archive.open(tmp_path / "archive") as archive:
        assert check(archive).bad == []
        assert check(archive).blobs == len(held)


def test_an_altered_edition_file_and_segment_are_named(filled: Archive) -> None:
    archive = filled
    publish(archive)
    flip(archive.folder / "editions" / "1" / "CREDITS.md")
    segment = archive.ledger.segments("files")[0][0]
    flip(archive.folder / "catalog" / segment.path)
    assert {bad.what for bad in check(archive).bad} == {"editions/1/CREDITS.md", f"catalog/{segment.path}"}


def test_nothing_is_written_on_top_of_a_broken_log(filled: Archive) -> None:
    [path] = (filled.folder / "log").glob("*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"files":6', b'"files":7', 1))
    report = check(filled)
    assert [(bad.what, bad.state) for bad in report.bad] == [("log", "broken")]
    altered = path.read_bytes()
    with pytest.raises(LogBroken, match="line 2"):
        publish(filled)
    assert path.read_bytes() == altered
    path.write_bytes(whole)
    assert check(filled).bad == []
    assert publish(filled).number == 1


def test_a_deleted_search_folder_is_made_again(filled: Archive) -> None:
    reader = open_reader(filled.folder)
    before = [hit.id for hit in reader.search("piece")]
    assert before
    shutil.rmtree(filled.folder / "search")
    assert open_reader(filled.folder).search("piece") == []
    assert not is_matched(filled)
    rematch(filled)
    assert [hit.id for hit in open_reader(filled.folder).search("piece")] == before


@pytest.mark.parametrize(
    ("name", "harm", "state"),
    [
        ("rows.sqlite", "gone", "missing"),
        ("entities.sqlite", "gone", "missing"),
        ("rows.sqlite", "noise", "unreadable"),
        ("rows-*.sqlite", "noise", "unreadable"),
        ("text-*/meta.json", "noise", "unreadable"),
        ("fields-*/meta.json", "gone", "unreadable"),
    ],
)
def test_what_is_searched_is_looked_at(filled: Archive, name: str, harm: str, state: str) -> None:
    assert check(filled).bad == []
    [path] = (filled.folder / "search").glob(name)
    path.write_bytes(b"noise" * 1_000) if harm == "noise" else path.unlink()
    [bad] = check(filled).bad
    assert bad.what.startswith("search/") and bad.state == state and "onrecord match" in bad.detail
    assert rematch(filled, anew=False).founded == 0 and check(filled).bad == []


def test_lost_ids_are_named_and_come_again(filled: Archive) -> None:
    before = kept_rows(filled, "canonical_recordings")
    for path in (filled.folder / "catalog" / "canonical" / "ids").glob("recording-*.parquet"):
        path.unlink()
    assert {bad.state for bad in check(filled).bad} == {"lost"}
    report = rematch(filled)
    assert report.founded == 0 and kept_rows(filled, "canonical_recordings") == before
    assert check(filled).bad == []


def test_a_thing_is_not_said_to_be_unknown_while_nothing_is_there_to_look_in(filled: Archive) -> None:
    [hit, *_] = open_reader(filled.folder).search("piece")
    shutil.rmtree(filled.folder / "search")
    with TestClient(create_app(open_reader(filled.folder)), follow_redirects=False) as client:
        answer = client.get(f"/recording/{hit.id}")
        assert answer.status_code == 503 and "cannot be read" in answer.text
        rematch(filled)
        assert client.get(f"/recording/{hit.id}").status_code == 200
        assert client.get("/recording/raaaaaaaaaaaaaaaa").status_code == 404
