# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parquet: what goes in comes out, the same rows give the same bytes, a damaged file is named."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct, to_builtins

from onrecord.engine.parquet import read_rows, schema_of, write_rows, write_tables
from onrecord.errors import IntegrityError


class Everything(Struct, frozen=True):
    text: str
    raw: bytes
    whole: int
    real: float
    yes: bool
    maybe: int | None
    perhaps: str | None
    many: tuple[int, ...]
    names: tuple[str, ...]


COLUMNS = Everything.__struct_fields__
EXAMPLE = Everything("a\x00ü\U0001f3b5", b"\x00\xff", -(2**63), 0.1, True, None, "", (), ("x", ""))

integers = st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
everything = st.builds(
    Everything,
    text=texts,
    raw=st.binary(max_size=20),
    whole=integers,
    real=st.floats(allow_nan=False),
    yes=st.booleans(),
    maybe=st.none() | integers,
    perhaps=st.none() | texts,
    many=st.lists(integers, max_size=4).map(tuple),
    names=st.lists(texts, max_size=4).map(tuple),
)


def back(path: Path) -> list[Everything]:
    return [
        Everything(**row | {"many": tuple(row["many"]), "names": tuple(row["names"])})
        for row in read_rows(path, COLUMNS)
    ]


@given(st.lists(everything, max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_goes_in_comes_out(tmp_path: Path, rows: list[Everything]) -> None:
    path = tmp_path / "rows.parquet"
    digest, count = write_rows(path, Everything, rows, batch=3)
    assert back(path) == rows
    assert count == len(rows)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    assert [item.name for item in tmp_path.iterdir()] == [path.name], "no part is left"


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [EXAMPLE] * 1000
    first = write_rows(tmp_path / "a" / "one.parquet", Everything, rows)
    assert write_rows(tmp_path / "b" / "two.parquet", Everything, iter(rows)) == first
    # In another process, at another time, under another locale and zone.
    program = (
        "import sys; from pathlib import Path; from tests.engine.test_parquet import *;"
        "print(write_rows(Path(sys.argv[1]), Everything, [EXAMPLE] * 1000)[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "three.parquet")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={"TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONHASHSEED": "7"},
    )
    assert done.stdout.strip() == first[0]


def test_optional_columns_are_nullable_and_others_are_not() -> None:
    schema = schema_of(Everything)
    assert {name for name in COLUMNS if schema.field(name).nullable} == {"maybe", "perhaps"}


def test_some_columns(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.parquet", Everything, [EXAMPLE])
    assert list(read_rows(tmp_path / "rows.parquet", ["whole"])) == [{"whole": -(2**63)}]


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    write_rows(path, Everything, [EXAMPLE])
    before = path.read_bytes()

    def broken() -> "list[Everything]":
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError):
        write_rows(path, Everything, (row for row in [EXAMPLE] if broken()))
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "flipped"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "rows.parquet"
    write_rows(path, Everything, [EXAMPLE] * 100)
    content = path.read_bytes()
    path.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "empty": b"",
            "text": b"not Parquet at all" * 100,
            "flipped": content[:4] + bytes(byte ^ 255 for byte in content[4:400]) + content[400:],
        }[damage]
    )
    with pytest.raises(IntegrityError, match=r"rows\.parquet"):
        list(read_rows(path, COLUMNS))


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="rows"):
        list(read_rows(tmp_path / "rows.parquet", COLUMNS))


def test_structs_of_the_catalog_have_schemas() -> None:
    from onrecord.catalog.tables import TABLES

    for name, row in TABLES.items():
        assert schema_of(row).names == list(row.__struct_fields__), name
    assert to_builtins(EXAMPLE)["maybe"] is None


class Name(Struct, frozen=True):
    name: str


def test_dense_rows_come_back_in_order_and_are_compressed_together(tmp_path: Path) -> None:
    path = tmp_path / "names.parquet"
    made = [
        pa.table({"name": [f"n{start + at}" for at in range(200_000)]}, schema=schema_of(Name))
        for start in (0, 200_000, 400_000)
    ]
    _, count = write_tables(path, Name, [made[0].slice(0, 0), *made], dense=True)
    assert count == 600_000
    with pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
    assert groups == [491_520, 108_480]
    assert [row["name"] for row in read_rows(path, ["name"])] == [f"n{at}" for at in range(600_000)]
