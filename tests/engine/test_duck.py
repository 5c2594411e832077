# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DuckDB: no network, no code from elsewhere, exports that repeat, disk and memory errors as ours."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from msgspec import Struct

from onrecord.engine.duck import Duck, sweep_spill
from onrecord.engine.parquet import write_rows
from onrecord.errors import OnrecordError, StoreFailed


class Pair(Struct, frozen=True):
    name: str
    numbers: tuple[int, ...]


@pytest.fixture
def duck(tmp_path: Path) -> Iterator[Duck]:
    made = Duck(tmp_path / "spill", "1GB", 2)
    yield made
    made.close()


def test_a_table_without_files_has_its_columns(duck: Duck) -> None:
    duck.view("pairs", [], Pair)
    assert duck.run("SELECT name, numbers FROM pairs") == []


def test_a_view_over_files(duck: Duck, tmp_path: Path) -> None:
    paths = [tmp_path / f"it's {number}.parquet" for number in range(2)]
    for number, path in enumerate(paths):
        write_rows(path, Pair, [Pair(f"n{number}", (number,))])
    duck.view("pairs", paths, Pair)
    assert duck.run("SELECT * FROM pairs ORDER BY name") == [("n0", [0]), ("n1", [1])]


def test_values_become_a_table_and_text_stays_text(duck: Duck) -> None:
    name = "'; DROP TABLE x; --\x00\u202e"
    duck.table("x", {"name": "VARCHAR", "n": "BIGINT"}, [(name, 1), ("", None)])
    assert duck.run("SELECT name FROM x WHERE name = ?", [name]) == [(name,)]
    duck.table("x", {"name": "VARCHAR"}, [])
    assert duck.run("SELECT count(*) FROM x") == [(0,)]


def test_a_stream_gives_every_row(duck: Duck) -> None:
    assert [n for (n,) in duck.stream("SELECT * FROM range(2500)", batch=100)] == list(range(2500))


def test_an_export_gives_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for threads in (1, 4):
        duck = Duck(tmp_path / "spill", "1GB", threads)
        query = "SELECT i, 'x' || i AS name, [i, i + 1] AS list FROM range(300000) t(i) ORDER BY i"
        made.append(duck.export(query, tmp_path / f"{threads}.parquet"))
        duck.close()
    assert made[0] == made[1]
    assert made[0][1] == 300_000
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "4.parquet").read_bytes()


def test_no_extension_is_fetched_on_the_way(duck: Duck) -> None:
    with pytest.raises((duckdb.Error, OnrecordError)):
        duck.run("SELECT * FROM 'http://127.0.0.1:1/x.parquet'")


def test_a_missing_or_damaged_file_is_named(duck: Duck, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    with pytest.raises(StoreFailed, match=r"rows\.parquet"):
        duck.view("pairs", [path], Pair)
    path.write_bytes(b"not Parquet at all" * 100)
    with pytest.raises(StoreFailed, match=r"rows\.parquet"):
        duck.view("pairs", [path], Pair)


def test_too_little_memory_is_said(tmp_path: Path) -> None:
    duck = Duck(tmp_path / "spill", "30MB", 1)
    with pytest.raises(StoreFailed, match="table job") as caught:
        duck.run("SELECT list(i ORDER BY i % 7) FROM range(20000000) t(i)")
    assert "memory" in caught.value.hint
    duck.close()


def test_a_mistake_in_a_job_is_not_hidden(duck: Duck) -> None:
    with pytest.raises(duckdb.Error):
        duck.run("SELECT nothing FROM nowhere")


def test_a_fault_of_the_engine_is_said(duck: Duck) -> None:
    with pytest.raises(StoreFailed, match=r"the engine failed: Conversion Error.*x") as caught:
        duck.run("SELECT 'x'::INTEGER")
    assert "run the command again" in caught.value.hint


def test_what_a_killed_run_spilled_is_swept(tmp_path: Path) -> None:
    """And what a run that lives spills is not."""
    spill = tmp_path / "spill"
    job = "CREATE TABLE t AS SELECT i, 'a longer text ' || hash(i) AS s FROM range(4000000) t(i)"
    code = (
        "import os, sys; from pathlib import Path; from onrecord.engine.duck import Duck\n"
        f"duck = Duck(Path(sys.argv[1]), '60MB', 1); duck.run({job!r}); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(spill)], check=False)
    left = {path.name for path in spill.iterdir()}
    assert left, "it spilled and was killed"
    (spill / "other").write_text("not ours")
    mine = spill / f"duckdb_temp_{os.getpid()}_0_storage.tmp"
    mine.write_text("")
    sweep_spill(spill)
    assert {path.name for path in spill.iterdir()} == {"other", mine.name}


class Counted(Struct, frozen=True):
    seq: int
    name: str | None


def test_a_row_keeps_its_number_when_files_are_added(tmp_path: Path) -> None:
    paths = [tmp_path / f"{seq}.parquet" for seq in (2, 7)]
    for seq, path in zip((2, 7), paths, strict=True):
        write_rows(path, Counted, [Counted(seq, f"{seq}a"), Counted(seq, None)])
    found = []
    for some in ([], paths[:1], paths):
        # Also where own tables are compressed, and are read beside others.
        duck = Duck(tmp_path / "spill", "1GB", 1, large=True)
        duck.view("counted", some, Counted, {"name": "coalesce(name, 'none')"})
        duck.numbered("counted")
        duck.numbered("counted")
        duck.run("CREATE TABLE kept AS SELECT node, name FROM numbered_counted")
        duck.run(
            "CREATE TABLE sought AS SELECT node FROM kept WHERE name <> 'none' UNION SELECT 9::BIGINT << 32"
        )
        sought = f"SELECT node, name FROM ({duck.numbered_at('counted', 'sought')}) ORDER BY node"
        assert duck.run(sought) == duck.run("SELECT * FROM kept WHERE name <> 'none' ORDER BY node")
        found.append(duck.run("SELECT * FROM kept ORDER BY node"))
        batches = duck.batches("SELECT * FROM kept ORDER BY node")
        assert [[*zip(*batch.to_pydict().values(), strict=True)] for batch in batches] == (
            [found[-1]] if some else []
        )
        duck.close()
    first = [(2 << 32, "2a"), ((2 << 32) + 1, "none")]
    assert found == [[], first, [*first, (7 << 32, "7a"), ((7 << 32) + 1, "none")]]


def test_a_packed_table_in_parts_that_has_no_rows_yet_can_be_read(duck: Duck) -> None:
    duck.pack_tables()
    assert duck.packed is not None
    duck.packed.begin("these", "a % 2")
    duck.packed.add("these", "SELECT 1 AS a WHERE false")
    duck.packed.show("these")
    assert duck.run("SELECT a FROM these") == [] and duck.packed.parts("these") == []
    duck.packed.add("these", "SELECT 3 AS a")
    duck.packed.show("these")
    assert duck.run("SELECT a FROM these") == [(3,)] and len(duck.packed.parts("these")) == 1
