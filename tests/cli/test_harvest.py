# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `onrecord harvest` says to options that do not belong together, and of a place that was read before."""

from pathlib import Path

import pytest

from onrecord.archive import Archive
from tests.cli.test_commands import Here
from tests.pipeline.musicbrainz import recording, save

MB = "musicbrainz-json"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(monkeypatch, capsys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(tmp_path / "in", a=recording("a", "Singer", 100_000))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An archive that no process has open."""
    Archive.create(tmp_path / "home", "Test archive").close()
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("given", "belongs"),
    [
        (["IN", "--query", "x"], "--live"),
        (["IN", "--collection", "x"], "--sound"),
        (["IN", "--space", "2TB"], "--sound"),
        (["--live", "--space", "2TB"], "--sound"),
        (["--sound", "--query", "x"], "--live"),
        (["--sound", "--as", "x"], "--sound"),
        (["--sound", "--as", "x", "--license", "CC0-1.0"], "--sound"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    here: Here, home: Path, folder: Path, given: list[str], belongs: str
) -> None:
    words = [folder if word == "IN" else word for word in given]
    done = here("harvest", MB, *words, "-C", home)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("Error: --") and belongs in done.stderr.splitlines()[-1]
    with Archive.open(home) as archive:
        assert not archive.ledger.sources()


def test_a_place_that_was_read_to_its_end_says_so(here: Here, home: Path, folder: Path) -> None:
    assert "nothing was read" not in here("harvest", MB, folder, "-C", home).stdout
    second = here("harvest", MB, folder, "-C", home)
    assert second.returncode == 0
    assert "nothing was read" in second.stdout and "--again" in second.stdout
    again = here("harvest", MB, folder, "-C", home, "--again").stdout
    assert "1 as before" in again and "nothing was read" not in again


def test_an_older_dump_that_was_read_to_its_end_before_is_not_taken_for_read(
    here: Here, home: Path, tmp_path: Path
) -> None:
    """Its records were deleted since, by a newer one: `0 new` alone would look as if they were held."""
    both = save(tmp_path / "both", a=recording("a", "S", 100_000), b=recording("b", "S", 100_000))
    one = save(tmp_path / "one", a=recording("a", "S", 100_000))
    for place in (both, one):
        done = here("harvest", MB, place, "--full", "-C", home)
    assert "1 deleted" in done.stdout
    assert "nothing was read" in here("harvest", MB, both, "--full", "-C", home).stdout
    assert "1 changed" in here("harvest", MB, both, "--full", "--again", "-C", home).stdout


def test_an_empty_folder_was_not_read_before(here: Here, home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for _ in range(2):
        assert "nothing was read" not in here("harvest", MB, tmp_path / "empty", "-C", home).stdout


def test_rows_that_share_an_id_are_told(here: Here, home: Path, tmp_path: Path) -> None:
    """An id that does not name a row loses rows: nobody would see it in `2 new`."""
    (tmp_path / "t.csv").write_text("who,title\nA,one\nA,two\nA,two\nB,three\n")
    (tmp_path / "t.toml").write_text('id = "who"\n[track]\ntitle = "title"\n')
    said = here("harvest", "table", tmp_path / "t.csv", "--as", "ours", "-C", home).stdout
    assert "2 new" in said
    assert "passed over: 1 records that another one with the same id followed" in said
