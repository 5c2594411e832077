# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of Parquet files as Iceberg tables: read back by pyiceberg, whatever was moved, damaged or killed."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec import Struct
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from onrecord.engine.iceberg import KEPT, Listed, Registered, address, register
from onrecord.engine.parquet import schema_of, write_rows
from onrecord.errors import IntegrityError, UsageError


class Old(Struct):
    id: str


class Row(Struct):
    id: str
    codes: tuple[str, ...]
    number: int | None


def file(folder: Path, number: int, rows: int = 3) -> Path:
    path = folder / "rows" / f"{number:03}.parquet"
    write_rows(path, Row, [Row(f"{number}-{row}", (str(row),), row) for row in range(rows)])
    return path


def bring(folder: Path, paths: Sequence[Path], rows: int, edition: int = 1, kept: int = KEPT) -> Registered:
    listed = Listed("rows", paths, rows, schema_of(Row))
    [made] = register(folder / "iceberg", "archive", [listed], {"onrecord.edition": str(edition)}, kept)
    return made


def table(folder: Path, name: str = "archive.rows") -> Table:
    return SqlCatalog("onrecord", uri=address(folder / "iceberg")).load_table(name)


def ids(table: Table) -> list[str]:
    return sorted(table.scan().to_arrow().column("id").to_pylist())


def metadata(folder: Path) -> set[str]:
    return {path.name for path in (folder / "iceberg").rglob("*.avro")}


def test_files_are_read_by_others_and_nothing_is_done_twice(tmp_path: Path) -> None:
    files = [file(tmp_path, 0), file(tmp_path, 1), file(tmp_path, 2), file(tmp_path, 3, rows=0)]
    assert bring(tmp_path, files[:1], 3).change == "new"
    before = table(tmp_path).metadata_location
    assert bring(tmp_path, files[:1], 3).change == "same"
    assert table(tmp_path).metadata_location == before
    assert bring(tmp_path, files, 9).change == "more"
    made = table(tmp_path)
    assert ids(made) == sorted(f"{number}-{row}" for number in range(3) for row in range(3))
    assert bring(tmp_path, files, 9).change == "same"
    assert made.scan(row_filter="number = 2").to_arrow().column("codes").to_pylist() == [["2"]] * 3
    old = tmp_path / "old.parquet"
    write_rows(old, Old, [Old("old")])
    assert bring(tmp_path, [*files[1:], old], 7, edition=2) == Registered("archive", "rows", 4, 7, "other")
    made = table(tmp_path)
    assert [row["number"] for row in made.scan().to_arrow().to_pylist() if row["id"] == "old"] == [None]
    # As it was at any of the snapshots, by what each was told.
    then = {each.summary["onrecord.edition"]: each.snapshot_id for each in made.snapshots() if each.summary}
    assert made.scan(snapshot_id=then["1"]).to_arrow().num_rows == 9


def test_old_snapshots_go_with_their_metadata(tmp_path: Path) -> None:
    files = [file(tmp_path, 0)]
    for number in range(1, 5):
        files.append(file(tmp_path, number))
        bring(tmp_path, files, 3 * len(files), kept=2)
    made = table(tmp_path)
    assert len(made.snapshots()) == 2 and len(ids(made)) == 3 * len(files)
    lists = {Path(each.manifest_list).name for each in made.snapshots()}
    needed = {Path(it.manifest_path).name for each in made.snapshots() for it in each.manifests(made.io)}
    assert metadata(tmp_path) == lists | needed
    assert len(list((tmp_path / "iceberg").rglob("*.metadata.json"))) == 2


def test_a_copy_leaves_alone_what_it_was_copied_from(tmp_path: Path) -> None:
    """Iceberg's metadata holds whole paths: the copy's would write to the first one's."""
    here, there = tmp_path / "here", tmp_path / "there"
    bring(here, [file(here, 0)], 3)
    shutil.copytree(here, there)
    before = table(here).metadata_location
    assert bring(there, [file(there, 0), file(there, 1)], 6).change == "new"
    assert table(here).metadata_location == before and len(ids(table(here))) == 3
    shutil.rmtree(here)
    assert len(ids(table(there))) == 6
    assert [path.name for path in there.iterdir() if "moved" in path.name] == []


@pytest.mark.parametrize("damage", ["catalog", "metadata", "manifest"])
def test_what_was_damaged_is_made_anew(tmp_path: Path, damage: str) -> None:
    files = [file(tmp_path, number) for number in range(2)]
    bring(tmp_path, files[:1], 3)
    pattern = {"catalog": "catalog.sqlite", "metadata": "*.metadata.json", "manifest": "*-m0.avro"}[damage]
    for path in (tmp_path / "iceberg").rglob(pattern):
        path.write_bytes(b"damaged")
    assert bring(tmp_path, files, 6).change == "new"
    assert len(ids(table(tmp_path))) == 6


def test_a_list_that_is_not_so_is_said(tmp_path: Path) -> None:
    path = file(tmp_path, 0)
    with pytest.raises(IntegrityError, match="hold 3 rows, their list says 4"):
        bring(tmp_path, [path], 4)
    with pytest.raises(IntegrityError, match=r"gone.parquet: a file of the table rows, not here"):
        bring(tmp_path, [tmp_path / "gone.parquet"], 3)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1")
    with pytest.raises(IntegrityError, match="not readable Parquet"):
        bring(tmp_path, [broken], 3)
    with pytest.raises(UsageError, match=r"expected a path without #"):
        bring(tmp_path / "a#b", [path], 3)


#: Registers, and is killed at the `sys.argv[2]`-th call of a function; says how many there were where it is not.
_KILLED = """
import os, signal, sys
from pathlib import Path
import pyiceberg.catalog.sql, pyiceberg.io.pyarrow, pyiceberg.table
from tests.engine.test_iceberg import bring
folder, last, calls = Path(sys.argv[1]), int(sys.argv[2]), 0
def count(*_):
    global calls
    calls += 1
    if calls == last:
        os.kill(os.getpid(), signal.SIGKILL)
files = sorted((folder / "rows").iterdir())
sys.setprofile(count)
bring(folder, files, 3 * len(files))
sys.setprofile(None)
print(calls)
"""


@pytest.mark.slow
def test_killed_anywhere_it_is_as_before_or_after(tmp_path: Path) -> None:
    def run(last: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", _KILLED, str(tmp_path), str(last)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    file(tmp_path, 0)
    calls = int(run(0).stdout)
    held = 3
    for number, share in enumerate((0.3, 0.6, 0.8, 0.95), start=1):
        file(tmp_path, number)
        assert run(int(calls * share)).returncode in (-signal.SIGKILL, 0)
        found = len(ids(table(tmp_path)))
        assert found in (held, 3 * (number + 1))
        held = found
    files = sorted((tmp_path / "rows").iterdir())
    bring(tmp_path, files, 3 * len(files))
    file(tmp_path, 99)
    files = sorted((tmp_path / "rows").iterdir())
    bring(tmp_path, files, 3 * len(files))
    made = table(tmp_path)
    assert len(ids(made)) == 3 * len(files)
    lists = {Path(each.manifest_list).name for each in made.snapshots()}
    needed = {Path(it.manifest_path).name for each in made.snapshots() for it in each.manifests(made.io)}
    assert metadata(tmp_path) == lists | needed, "nothing is left of what was cut short"
