# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A harvest that goes on says what was rejected before it, and what it passed over."""

import json
from pathlib import Path

import pytest

from onrecord.archive import Archive
from onrecord.archive import harvest as harvesting
from onrecord.archive.harvest import harvest
from tests.cli.test_commands import Here
from tests.pipeline.musicbrainz import recording, save
from tests.sources.test_listenbrainz import lines, listen

MB = "musicbrainz-json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two records, and one that is cut off."""
    place = save(tmp_path / "in", **{title: recording(title, "Singer", 100_000) for title in ("a", "b")})
    (place / "broken.json").write_text('{"id": ')
    return place


def test_a_second_harvest_says_what_the_first_rejected(archive: Archive, folder: Path) -> None:
    first = harvest(archive, MB, folder)
    assert (first.rejected_count, first.rejected_before_count) == (1, 0)
    assert first.rejected[0][0].startswith("broken.json")
    second = harvest(archive, MB, folder)
    assert (second.rejected_count, second.rejected_before_count) == (0, 1)
    assert second.rejected_before == first.rejected


def test_reading_again_replaces_what_was_rejected_before(archive: Archive, folder: Path) -> None:
    harvest(archive, MB, folder)
    again = harvest(archive, MB, folder, again=True)
    assert (again.same, again.rejected_count, again.rejected_before_count) == (2, 1, 0)
    assert harvest(archive, MB, folder).rejected_before_count == 1  # once, though it was rejected twice


def test_other_places_and_other_names_have_rejections_of_their_own(
    archive: Archive, folder: Path, tmp_path: Path
) -> None:
    harvest(archive, MB, folder)
    clean = save(tmp_path / "clean", c=recording("c", "Singer", 100_000))
    for _ in range(2):
        assert harvest(archive, MB, clean).rejected_before_count == 0
        named = harvest(archive, MB, clean, filed_as="somebody", license="CC0-1.0")
        assert named.rejected_before_count == 0


def test_those_that_are_not_listed_are_counted(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harvesting, "_MOST_LISTED", 3)
    harvest(archive, MB, save(tmp_path / "in", **{f"{n}": {"id": "none", "media": []} for n in range(7)}))
    second = harvest(archive, MB, tmp_path / "in")
    assert (second.rejected_before_count, len(second.rejected_before)) == (7, 3)


def test_the_command_says_it_and_how_to_read_again(
    archive: Archive, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = Here(monkeypatch, capsys)
    words = ("harvest", MB, folder, "-C", archive.folder)
    assert here(*words).returncode == 3
    done = here(*words)
    assert done.returncode == 3
    assert "0 new, 0 changed" in done.stdout
    assert "rejected before: broken.json" in done.stdout and "--again" in done.stdout
    (folder / "broken.json").write_text(json.dumps(recording("c", "Singer", 100_000)))
    mended = here(*words)
    assert mended.returncode == 0 and "rejected" not in mended.stdout


def test_listens_that_claim_nothing_are_counted(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.listens").write_bytes(lines([listen(1), *(listen(n, mapped=False) for n in range(2, 7))]))
    what = "listens name no recording that ListenBrainz found, and claim nothing"
    report = harvest(archive, "listenbrainz", tmp_path / "a.listens")
    assert (report.new, report.passed_over) == (1, {what: 5})
    (tmp_path / "b.listens").write_bytes(lines([listen(n, mapped=False) for n in range(3)]))
    done = Here(monkeypatch, capsys)("harvest", "listenbrainz", tmp_path / "b.listens", "-C", archive.folder)
    assert done.returncode == 0 and f"passed over: 3 {what}" in done.stdout


def test_what_a_full_dump_lacks_is_told(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = Here(monkeypatch, capsys)
    every = {title: recording(title, "Singer", 100_000) for title in "abcd"}
    here("harvest", MB, save(tmp_path / "1", **every), "-C", archive.folder)
    words = ("harvest", MB, save(tmp_path / "2", a=every["a"]), "-C", archive.folder, "--full")
    refused = here(*words)
    assert refused.returncode == 3
    assert "not deleted: 3 records that this full dump lacks: 3 of 4 records" in refused.stdout
    done = here(*words, "--even-most")
    assert done.returncode == 0 and "3 deleted" in done.stdout
    report = here("catalog", "report", MB, "-C", archive.folder, "--html", tmp_path / "report.html")
    assert "newest full dump 20" in report.stdout and "lacked 3 of what was held: recording:" in report.stdout
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "The newest full dump" in page and page.count("<li><code><bdi>recording:") == 3
    live = here("harvest", "jamendo", "--live", "-C", archive.folder, "--full")
    assert live.returncode == 2 and "name its file or folder" in live.stderr
