# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes Parquet files: from rows as they come (segments), or from a query in a total order (editions)."""

import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from onrecord.durable import settle, sha256_of
from onrecord.errors import IntegrityError

_GROUP = 122_880  # DuckDB's own row group: one scan unit


def schema_of(row: type[Struct]) -> Any:
    """The Arrow schema of a struct of str, bytes, int, float, bool, tuples of those, and their optionals."""
    import pyarrow as pa

    fields = typing.get_type_hints(row)
    return pa.schema([pa.field(field.name, *_arrow(fields[field.name])) for field in structs.fields(row)])


def write_rows(
    path: Path,
    row: type[Struct],
    rows: Iterable[Struct],
    stamp: Mapping[str, Any] | None = None,
    encodings: Mapping[str, str] | None = None,
    batch: int = _GROUP,
) -> tuple[str, int]:
    """As `write_tables`, from rows; `batch` of them are in memory, and are read together."""
    import pyarrow as pa

    schema = schema_of(row)
    tables = (
        pa.Table.from_pydict(
            {name: [getattr(item, name) for item in chunk] for name in schema.names}, schema=schema
        )
        for chunk in _chunks(rows, batch)
    )
    return write_tables(path, row, tables, stamp, encodings)


def write_tables(
    path: Path,
    row: type[Struct],
    tables: Iterable[Any],
    stamp: Mapping[str, Any] | None = None,
    encodings: Mapping[str, str] | None = None,
) -> tuple[str, int]:
    """Write Arrow tables that have the columns of `row` to a new file, durable under its final name only when whole.
    Gives (SHA-256, number of rows). Memory is one table and a row group.

    `stamp` gives columns one value for all rows, whatever the rows say. `encodings` names Parquet's encoding of columns
    whose values rarely come twice: a dictionary would lengthen them.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    schema, count = schema_of(row), 0
    own = {name: encoding for name, encoding in (encodings or {}).items() if name in schema.names}
    with pq.ParquetWriter(
        part,
        schema,
        compression="zstd",
        compression_level=9,
        use_dictionary=[name for name in schema.names if name not in own],
        column_encoding=own or None,
    ) as writer:
        for table in tables:
            for name, value in (stamp or {}).items():
                field = schema.field(name)
                column = pa.repeat(pa.scalar(value, field.type), table.num_rows)
                table = table.set_column(schema.get_field_index(name), field, column)
            writer.write_table(table, row_group_size=_GROUP)
            count += table.num_rows
    digest = sha256_of(part)
    settle(part, path)
    return digest, count


def read_rows(path: Path, columns: Sequence[str], batch: int = 10_000) -> Iterator[dict[str, Any]]:
    """Rows of a Parquet file, some columns, a batch in memory at a time. IntegrityError where it is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for rows in file.iter_batches(batch, columns=list(columns)):
                yield from rows.to_pylist()
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise IntegrityError(
            f"{path}: not a readable Parquet file ({' '.join(str(error).split())[:200]})",
            "restore it from a copy; `onrecord check` says what else is damaged",
        ) from None


def column_names(path: Path) -> list[str]:
    """Names of the columns of a Parquet file, in its order."""
    import pyarrow.parquet as pq

    return list(pq.read_schema(path).names)


def row_count(path: Path) -> int:
    """How many rows a Parquet file has, by its foot."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def column_types(path: Path) -> dict[str, str]:
    """Names of the columns of a Parquet file with Arrow's names of their types, in its order."""
    import pyarrow.parquet as pq

    return {field.name: str(field.type) for field in pq.read_schema(path)}


def distinct(path: Path, column: str) -> list[str]:
    """The different texts in a column of a Parquet file, sorted; a batch of rows is in memory at a time."""
    import pyarrow.parquet as pq

    found: set[str] = set()
    with pq.ParquetFile(path) as file:
        for rows in file.iter_batches(columns=[column]):
            found |= {value for value in rows.column(0).unique().to_pylist() if value}
    return sorted(found)


def _arrow(hint: Any) -> tuple[Any, bool]:
    import pyarrow as pa

    plain = {str: pa.string(), bytes: pa.binary(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    if isinstance(hint, types.UnionType):
        inner = next(option for option in typing.get_args(hint) if option is not types.NoneType)
        return _arrow(inner)[0], True
    if typing.get_origin(hint) is tuple:
        return pa.list_(_arrow(typing.get_args(hint)[0])[0]), False
    return plain[hint], False


def _chunks(rows: Iterable[Struct], size: int) -> Iterable[Sequence[Struct]]:
    chunk: list[Struct] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
