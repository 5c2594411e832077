# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes Parquet files: from rows as they come (segments), or from a query in a total order (editions)."""

import types
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from onrecord.durable import settle, sha256_of
from onrecord.errors import IntegrityError

_GROUP = 122_880  # DuckDB's own row group: one scan unit
_DENSE = 4 * _GROUP
_PAGE = 16 * 1024 * 1024  # more than a column of a dense group takes: one page each


def schema_of(row: type[Struct]) -> Any:
    """The Arrow schema of a struct of str, bytes, int, float, bool, tuples of those, and their optionals."""
    import pyarrow as pa

    fields = typing.get_type_hints(row)
    return pa.schema([pa.field(field.name, *_arrow(fields[field.name])) for field in structs.fields(row)])


@cache
def sql_columns(row: type[Struct]) -> str:
    """The columns of `schema_of`, as a statement that makes a table of DuckDB lists them."""
    fields = typing.get_type_hints(row)
    return ", ".join(f'"{field.name}" {_sql(fields[field.name])}' for field in structs.fields(row))


def write_rows(
    path: Path,
    row: type[Struct],
    rows: Iterable[Struct],
    stamp: Mapping[str, Any] | None = None,
    encodings: Mapping[str, str] | None = None,
    batch: int = _GROUP,
) -> tuple[str, int]:
    """As `write_tables`, from rows; `batch` of them are in memory, and are read together."""
    return write_tables(path, row, as_tables(row, rows, batch), stamp, encodings)


def as_tables(row: type[Struct], rows: Iterable[Struct], batch: int = _GROUP) -> Iterator[Any]:
    """Rows as Arrow tables of `batch` each."""
    import pyarrow as pa

    schema = schema_of(row)
    for chunk in _chunks(rows, batch):
        columns = {name: [getattr(item, name) for item in chunk] for name in schema.names}
        yield pa.Table.from_pydict(columns, schema=schema)


def write_tables(
    path: Path,
    row: type[Struct],
    tables: Iterable[Any],
    stamp: Mapping[str, Any] | None = None,
    encodings: Mapping[str, str] | None = None,
    dense: bool = False,
    null: Collection[str] = (),
) -> tuple[str, int]:
    """Write Arrow tables that have the columns of `row` to a new file, durable under its final name only when whole.
    Gives (SHA-256, number of rows). Memory is one table and a row group.

    `stamp` gives columns one value for all rows, whatever the rows say. `encodings` names Parquet's encoding of columns
    whose values rarely come twice: a dictionary would lengthen them. `dense` is for short rows by the million: half a
    million of them are compressed together, with more effort, which takes a sixth off. `null` are columns that may be
    null in the file, whatever `row` says.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    schema, count = pa.schema([it.with_nullable(it.nullable or it.name in null) for it in schema_of(row)]), 0
    own = {name: encoding for name, encoding in (encodings or {}).items() if name in schema.names}
    group = _DENSE if dense else _GROUP
    pages = {"max_rows_per_page": group, "data_page_size": _PAGE} if dense else {}
    with pq.ParquetWriter(
        part,
        schema,
        compression="zstd",
        compression_level=16 if dense else 9,
        use_dictionary=[name for name in schema.names if name not in own],
        column_encoding=own or None,
        **pages,
    ) as writer:
        for table in _whole_groups(tables, group) if dense else tables:
            for name, value in (stamp or {}).items():
                field = schema.field(name)
                column = pa.repeat(pa.scalar(value, field.type), table.num_rows)
                table = table.set_column(schema.get_field_index(name), field, column)
            writer.write_table(table, row_group_size=group)
            count += table.num_rows
    digest = sha256_of(part)
    settle(part, path)
    return digest, count


def read_rows(
    path: Path,
    columns: Sequence[str],
    batch: int = 10_000,
    within: tuple[str, Collection[str]] | None = None,
) -> Iterator[dict[str, Any]]:
    """Rows of a Parquet file, some columns, a batch in memory at a time. IntegrityError where it is damaged.

    `within`: only rows whose column of that name, one of `columns`, has one of these values. Row groups whose bounds
    say that they have none are not read.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if within is None:
                for rows in file.iter_batches(batch, columns=list(columns)):
                    yield from rows.to_pylist()
                return
            name, values = within[0], pa.array(sorted(within[1]), pa.string())
            for group in _groups_within(file, name, values):
                for rows in file.iter_batches(batch, row_groups=[group], columns=list(columns)):
                    yield from rows.filter(pc.is_in(rows.column(name), values)).to_pylist()
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise IntegrityError(
            f"{path}: not a readable Parquet file ({' '.join(str(error).split())[:200]})",
            "restore it from a copy; `onrecord check` says what else is damaged",
        ) from None


def _groups_within(file: Any, name: str, values: Any) -> Iterator[int]:
    """Numbers of the row groups that may have one of these sorted values in a column, by their bounds."""
    place = file.schema_arrow.get_field_index(name)
    for group in range(file.num_row_groups if len(values) else 0):
        bounds = file.metadata.row_group(group).column(place).statistics
        known = bounds is not None and bounds.has_min_max
        if not known or (bounds.min <= values[-1].as_py() and bounds.max >= values[0].as_py()):
            yield group


def column_names(path: Path) -> list[str]:
    """Names of the columns of a Parquet file, in its order."""
    import pyarrow.parquet as pq

    return list(pq.read_schema(path).names)


def row_count(path: Path) -> int:
    """How many rows a Parquet file has, by its foot."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def is_readable(path: Path) -> bool:
    """Can every row of a Parquet file be read?"""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for _ in file.iter_batches():
                pass
    except (pa.ArrowException, OSError):
        return False
    return True


def has_foot(path: Path) -> bool:
    """Does a Parquet file end as one does? One that was cut short does not."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        return False
    return True


def column_types(path: Path) -> dict[str, str]:
    """Names of the columns of a Parquet file with Arrow's names of their types, in its order."""
    import pyarrow.parquet as pq

    return {field.name: str(field.type) for field in pq.read_schema(path)}


def bounds(path: Path, columns: Collection[str]) -> dict[str, set[int]]:
    """The least and the greatest of each row group's numbers in these columns of a Parquet file, by its foot."""
    import pyarrow.parquet as pq

    foot, found = pq.read_metadata(path), {name: set[int]() for name in columns}
    for group in map(foot.row_group, range(foot.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            said = column.statistics if column.path_in_schema in found else None
            if said is not None and said.has_min_max:
                found[column.path_in_schema] |= {int(said.min), int(said.max)}
    return found


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


def _sql(hint: Any) -> str:
    plain = {str: "VARCHAR", bytes: "BLOB", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN"}
    if isinstance(hint, types.UnionType):
        return _sql(next(option for option in typing.get_args(hint) if option is not types.NoneType))
    if typing.get_origin(hint) is tuple:
        return f"{_sql(typing.get_args(hint)[0])}[]"
    return plain[hint]


def _chunks(rows: Iterable[Struct], size: int) -> Iterable[Sequence[Struct]]:
    chunk: list[Struct] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _whole_groups(tables: Iterable[Any], group: int) -> Iterator[Any]:
    """The same rows in tables of so many each, but for the last."""
    import pyarrow as pa

    waiting: list[Any] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += table.num_rows
        if count >= group:
            rows = pa.concat_tables(waiting)
            whole = count - count % group
            yield rows.slice(0, whole)
            waiting, count = [rows.slice(whole)], count - whole
    if count:
        yield pa.concat_tables(waiting)
