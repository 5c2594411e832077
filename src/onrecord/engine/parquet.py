# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes Parquet files: from rows as they come (segments), or from a query in a total order (editions)."""

import hashlib
import os
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

_GROUP = 122_880  # DuckDB's own row group: one scan unit


def schema_of(row: type[Struct]) -> Any:
    """The Arrow schema of a struct of str, bytes, int, float, bool, tuples of those, and their optionals."""
    import pyarrow as pa

    fields = typing.get_type_hints(row)
    return pa.schema([pa.field(field.name, *_arrow(fields[field.name])) for field in structs.fields(row)])


def write_rows(path: Path, row: type[Struct], rows: Iterable[Struct], batch: int = 10_000) -> tuple[str, int]:
    """Write rows to a new file, durable under its final name only when whole. Gives (SHA-256, number of rows).

    Memory is one batch.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    schema, count = schema_of(row), 0
    with pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for chunk in _chunks(rows, batch):
            columns = {name: [getattr(item, name) for item in chunk] for name in schema.names}
            writer.write_table(pa.Table.from_pydict(columns, schema=schema), row_group_size=_GROUP)
            count += len(chunk)
    digest = settle(part, path)
    return digest, count


def read_rows(path: Path, columns: Sequence[str], batch: int = 10_000) -> Iterator[dict[str, Any]]:
    """Rows of a Parquet file, some of their columns, a batch in memory at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for rows in file.iter_batches(batch, columns=list(columns)):
            yield from rows.to_pylist()


def settle(part: Path, path: Path) -> str:
    """Give a finished file its name, durably: file, rename, folder. Gives its SHA-256."""
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return digest


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
