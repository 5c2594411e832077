# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The books as tables for SQL."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.quoting import parquet
from onrecord.model.royalties import LineRejected, StatementLine, StatementPool
from onrecord.royalties import columns
from onrecord.royalties.ledgering import Books

_TYPES: Final = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "decimal128(38, 24)": "DECIMAL(38, 24)",
    "list<element: string>": "VARCHAR[]",
    "list<item: string>": "VARCHAR[]",
}


@contextmanager
def tables(books: Books, memory: str = "2GB") -> Iterator[Duck]:
    """DuckDB with the views `lines`, `pools` and `refused`."""
    with tempfile.TemporaryDirectory(prefix="onrecord-books-") as spill:
        duck = Duck(Path(spill), memory=memory, threads=2)
        try:
            _view(duck, "lines", StatementLine, books.paths("lines"))
            _view(duck, "pools", StatementPool, books.paths("pools"))
            _view(duck, "refused", LineRejected, books.paths("refused"))
            yield duck
        finally:
            duck.close()


def query(duck: Duck, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Runs one job of `sql/` over these tables."""
    return duck.run(sql_file("onrecord.royalties", name), parameters)


def _view(duck: Duck, name: str, row: type[Struct], paths: Sequence[Path]) -> None:
    declared = ", ".join(f'"{field.name}" {_TYPES[str(field.type)]}' for field in columns.schema(row))
    duck.run(f"CREATE TABLE {name}_columns ({declared})")
    parts = [f"SELECT * FROM {name}_columns"]
    if paths:
        parts.insert(0, f"SELECT * FROM {parquet(paths, 'union_by_name = true')}")
    duck.run(f"CREATE VIEW {name} AS {' UNION ALL BY NAME '.join(parts)}")
