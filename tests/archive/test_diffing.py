# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed between two editions of an archive, and the file that makes the later of the earlier one."""

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.diffing import diff, edition_folder
from onrecord.archive.publishing import publish
from onrecord.archive.withdrawing import withdraw
from onrecord.cli import group
from onrecord.engine.parquet import read_rows
from onrecord.errors import DigestMismatch, NotFound, UsageError
from onrecord.model.rights import Target
from onrecord.publish.comparing import Rows, Sound, Volumes
from tests.conftest import DAY
from tests.tones import Album, write

BY = "https://creativecommons.org/licenses/by/4.0/"


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _grown(folder: Path, music: Path) -> None:
    write(folder / "more" / "new.opus", seed=40, tags={"title": "New", "artist": "Another", "license": BY})
    with Archive.create(folder / "filled", "Test archive", lambda: DAY) as archive:
        add(archive, [music], held_as="owner")
        publish(archive)
        add(archive, [folder / "more"])
        [row, *_] = read_rows(archive.folder / "editions" / "1" / "dataset" / "files.parquet", ["sha256"])
        withdraw(archive, Target("blob", row["sha256"]), by="The author", text="Asked for.")
        publish(archive)


@pytest.fixture
def grown(
    made_once: Callable[..., Path], album: Album, clock: Callable[[], dt.datetime]
) -> Iterator[Archive]:
    """Two editions: the second has one piece more, and one less."""
    with Archive.open(made_once(_grown, album.folder) / "filled", clock) as archive:
        yield archive


def folders(archive: Archive) -> tuple[Path, Path]:
    return archive.folder / "editions" / "1", archive.folder / "editions" / "2"


def test_a_diff_of_two_real_editions(grown: Archive, tmp_path: Path) -> None:
    old, new = folders(grown)
    told = diff(old, new, tmp_path / "diff")
    assert told.changes.sound == Sound(added=1, removed=1, moved=3)
    assert told.changes.volumes == Volumes(kept=0, new=2, anew=1, gone=1)
    assert (told.changes.withdrawn, told.changes.restored) == (1, 0)
    assert told.changes.tables["withdrawn"] == Rows(0, 1, 1, 0, 0)
    assert told.changes.tables["recordings"] == Rows(4, 4, 1, 1, 0)
    assert told.changes.tables["files"] == Rows(4, 4, 1, 1, 3), "three lie in another volume"
    assert told.diff_size == (tmp_path / "diff").stat().st_size < told.size
    run = CliRunner().invoke(
        group,
        [
            "--json",
            "publish",
            "apply",
            str(tmp_path / "diff"),
            "--on",
            str(old),
            "--to",
            str(tmp_path / "made"),
        ],
        catch_exceptions=False,
    )
    assert run.exit_code == 0, run.output
    assert content(tmp_path / "made") == content(new)
    assert json.loads(run.stdout)["new"]["number"] == 2


def test_the_way_back_is_a_diff_as_well(grown: Archive, tmp_path: Path) -> None:
    old, new = folders(grown)
    told = diff(new, old)
    assert told.changes.sound == Sound(added=1, removed=1, moved=3)
    assert (told.changes.withdrawn, told.changes.restored) == (0, 1)
    assert told.diff == "" and list(tmp_path.glob("*diff*")) == []


def test_nothing_differs_from_itself(grown: Archive) -> None:
    _, new = folders(grown)
    told = diff(new, new).changes
    assert told.sound == Sound()
    assert told.volumes == Volumes(kept=2, new=0, anew=0, gone=0)
    assert {(rows.added, rows.removed, rows.changed) for rows in told.tables.values()} == {(0, 0, 0)}


def test_an_edition_tells_what_changed_since_the_last(grown: Archive) -> None:
    old, new = folders(grown)
    first, second = (json.loads((folder / "changes.json").read_bytes()) for folder in (old, new))
    assert (first["since"], first["sound"]["added"], first["tables"]["recordings"]["added"]) == (0, 4, 4)
    assert (second["since"], second["number"]) == (1, 2)
    assert second["sound"] == {"added": 1, "removed": 1, "moved": 3, "license": 0, "credit": 0, "wishes": 0}
    text = (new / "CHANGES.md").read_text()
    assert text.startswith("# Changes of edition 2 since edition 1\n")
    assert "| recordings | 4 | 1 | 1 | 0 |" in text
    sums = (new / "SHA256SUMS").read_text()
    assert "  CHANGES.md\n" in sums and "  changes.json\n" in sums


def test_changes_name_nothing_that_was_withdrawn(grown: Archive) -> None:
    old, new = folders(grown)
    before = {
        row["sha256"]: row for row in read_rows(old / "dataset" / "files.parquet", ["sha256", "recording"])
    }
    after = {row["sha256"] for row in read_rows(new / "dataset" / "files.parquet", ["sha256"])}
    [gone] = before.keys() - after
    told = (new / "CHANGES.md").read_text() + (new / "changes.json").read_text()
    assert gone not in told and str(before[gone]["recording"]) not in told


def test_a_changed_credit_is_counted(filled: Archive, tmp_path: Path) -> None:
    """A table that somebody reads and writes again has other bytes and the same rows; one word more is one row."""
    import duckdb

    publish(filled)
    one = filled.folder / "editions" / "1"
    two = shutil.copytree(one, tmp_path / "two")
    path = two / "dataset" / "files.parquet"
    again = tmp_path / "again.parquet"
    db = duckdb.connect()
    db.execute(f"COPY (SELECT * FROM '{path}' ORDER BY sha256 DESC) TO '{again}' (FORMAT parquet)")
    assert compared(one, two, again).sound == Sound()
    assert compared(one, two, again).tables["files"] == Rows(4, 4, 0, 0, 0)
    db.execute(
        f"COPY (SELECT * REPLACE (CASE WHEN row_number() OVER () = 1 THEN 'Somebody' ELSE author END AS author) "
        f"FROM '{again}') TO '{path}' (FORMAT parquet)"
    )
    changes = compared(one, two, path)
    assert changes.sound == Sound(credit=1)
    assert changes.tables["files"] == Rows(4, 4, 0, 0, 1)


def compared(one: Path, two: Path, table: Path):  # type: ignore[no-untyped-def]
    """The changes where `table` is the later edition's table of files."""
    from onrecord.durable import sha256_of

    if table != two / "dataset" / "files.parquet":
        shutil.copy(table, two / "dataset" / "files.parquet")
    manifest = json.loads((one / "manifest.json").read_bytes())
    path = two / "dataset" / "files.parquet"
    manifest["files"]["dataset/files.parquet"] = [sha256_of(path), path.stat().st_size]
    (two / "manifest.json").write_text(json.dumps(manifest))
    return diff(one, two).changes


def test_editions_are_named_by_number_or_by_folder(grown: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened() -> Archive:
        return Archive.open(grown.folder)

    assert edition_folder(opened, "2") == grown.folder / "editions" / "2"
    monkeypatch.chdir(grown.folder / "editions")
    assert edition_folder(opened, "./2") == Path("2")
    with pytest.raises(NotFound, match="expected the number of an edition, or the folder of one"):
        edition_folder(opened, "./9")
    with pytest.raises(NotFound, match="edition 3: is not here; here are: 1, 2"):
        edition_folder(opened, "3")
    with pytest.raises(NotFound, match="edition 1 of 00ff: is not here; here are: none"):
        edition_folder(opened, "1", "00ff")


def test_the_command_says_what_changed(grown: Archive, tmp_path: Path) -> None:
    arguments = ["publish", "-C", str(grown.folder), "diff", "1", "2", "--to", str(tmp_path / "diff")]
    run = CliRunner().invoke(group, arguments, catch_exceptions=False)
    assert run.exit_code == 0, run.output
    assert "1 files added, 1 removed, 3 now in another volume" in run.stdout
    assert "1 recordings withdrawn" in run.stdout
    assert (tmp_path / "diff").is_file()
    with pytest.raises(UsageError, match="not overwritten"):
        CliRunner().invoke(group, arguments, catch_exceptions=False)


def test_a_table_that_came_to_harm_is_not_counted(grown: Archive) -> None:
    old, new = folders(grown)
    with (old / "dataset" / "recordings.parquet").open("r+b") as file:
        file.seek(4)
        file.write(b"\xff")
    with pytest.raises(DigestMismatch, match=r"recordings\.parquet: is not what the manifest says"):
        diff(old, new)
