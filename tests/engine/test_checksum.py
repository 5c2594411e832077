# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checksum of rows: order, files and widths of numbers do not matter, everything else does."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from onrecord.engine.checksum import Checksum, checksum
from onrecord.engine.duck import Duck

ROWS = [("a", 1), ("b", None), ("", 2**63 - 1), (None, -5), ("a", 1)]


def of(
    folder: Path, *parts: Sequence[tuple[Any, ...]], number: Any = None, names: Sequence[str] = "xy"
) -> Checksum:
    kinds = [pa.string(), number or pa.int64()]
    paths = []
    for place, rows in enumerate(parts):
        arrays = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(kinds)]
        paths.append(folder / f"{place}.parquet")
        pq.write_table(pa.table(arrays, names=list(names)), paths[-1])
    duck = Duck(folder / "spill", "1GB", 1)
    try:
        return checksum(duck, paths)
    finally:
        duck.close()


def test_what_does_not_matter(tmp_path: Path) -> None:
    first = of(tmp_path, ROWS)
    assert first.rows == 5 and first.sum > 0 and len(first.text) == 34
    assert of(tmp_path, ROWS[3:], ROWS[:3]) == first
    wide = [(text, None if value is None else Decimal(value)) for text, value in ROWS]
    assert of(tmp_path, wide, number=pa.decimal128(38, 0)) == first


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[1:],
        [*ROWS, ROWS[0]],
        [("a", 2), *ROWS[1:]],
        [("a", 1), ("b", None), ("", 2**63 - 1), ("", -5), ("a", 1)],
    ],
    ids=["one less", "one twice", "another number", "a text for null"],
)
def test_what_matters(tmp_path: Path, rows: Sequence[tuple[Any, ...]]) -> None:
    assert of(tmp_path, rows).text != of(tmp_path, ROWS).text


def test_columns_are_not_mixed_up(tmp_path: Path) -> None:
    assert of(tmp_path, [("1", 12)]).sum != of(tmp_path, [("11", 2)]).sum
    assert of(tmp_path, ROWS, names="yx") != of(tmp_path, ROWS)
