# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of statements as Parquet columns, a batch in memory at a time: money as DECIMAL(38, 24), cells as they stand."""

import types
import typing
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, structs

from onrecord.model.royalties import LineRejected, StatementLine, StatementNote, StatementPool, StatementRow
from onrecord.royalties.statements.values import DECIMALS

_BATCH: Final = 20_000
_KINDS: Final[dict[type[Struct], str]] = {
    StatementLine: "lines",
    StatementPool: "pools",
    StatementNote: "notes",
    LineRejected: "refused",
}


def schema(row: type[Struct]) -> Any:
    """The Arrow schema of a kind of rows. `cells` are texts alone; `columns` numbers their headers in the statement."""
    import pyarrow as pa

    plain = {str: pa.string(), int: pa.int64(), Decimal: pa.decimal128(38, DECIMALS)}
    hints = typing.get_type_hints(row)
    fields = []
    for name in (field.name for field in structs.fields(row)):
        hint = hints[name]
        if isinstance(hint, types.UnionType):
            hint = next(option for option in typing.get_args(hint) if option is not types.NoneType)
        fields.append(pa.field(name, pa.list_(pa.string()) if name == "cells" else plain[hint]))
    if row in (StatementLine, StatementPool):
        fields.append(pa.field("columns", pa.int64()))
    else:
        fields.append(pa.field("file", pa.string()))
    return pa.schema(fields)


class Writers:
    """Writes rows of the file `digest` into one folder; a context, at whose end the Parquet files are whole."""

    def __init__(self, folder: Path, digest: str) -> None:
        self._folder = folder
        self._digest = digest
        self._waiting: dict[type[Struct], list[Any]] = {kind: [] for kind in _KINDS}
        self._open: dict[type[Struct], Any] = {}
        self._columns: dict[tuple[int, tuple[str, str]], int] = {}
        self._headers: list[list[str]] = []
        self.decimals: dict[str, int] = {}

    def __enter__(self) -> "Writers":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            for row in self._waiting:
                if self._waiting[row]:
                    self._flush(row)
        for writer in self._open.values():
            writer.close()

    def write(self, row: StatementRow) -> None:
        waiting = self._waiting[type(row)]
        waiting.append(row)
        if len(waiting) >= _BATCH:
            self._flush(type(row))

    def columns(self) -> list[list[str]]:
        return self._headers

    def _flush(self, row: type[Struct]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if row not in self._open:
            path = self._folder / f"{_KINDS[row]}.parquet"
            self._open[row] = pq.ParquetWriter(path, schema(row), compression="zstd")
        rows, self._waiting[row] = self._waiting[row], []
        declared = schema(row)
        arrays = [pa.array(self._values(rows, field), field.type) for field in declared]
        self._open[row].write_table(pa.Table.from_arrays(arrays, schema=declared))

    def _values(self, rows: Sequence[Any], field: Any) -> list[Any]:
        import pyarrow as pa

        if field.name == "columns":
            return [self._header(row) for row in rows]
        if field.name == "file":
            return [self._digest] * len(rows)
        if field.name == "cells":
            if isinstance(rows[0], StatementLine | StatementPool):
                return [[text for _, text in row.cells] for row in rows]
            return [list(row.cells) for row in rows]
        values = [getattr(row, field.name) for row in rows]
        if pa.types.is_decimal(field.type):
            self._note_decimals(field.name, values)
        return values

    def _header(self, row: StatementLine | StatementPool) -> int:
        """Rows of a table have one header; those of a flat file one for each record type."""
        first = row.cells[0] if row.cells else ("", "")
        key = (len(row.cells), first if first[0] == "RecordType" else (first[0], ""))
        if key not in self._columns:
            self._columns[key] = len(self._headers)
            self._headers.append([name for name, _ in row.cells])
        return self._columns[key]

    def _note_decimals(self, name: str, values: Sequence[Decimal | None]) -> None:
        exponents = {value.as_tuple().exponent for value in values if value is not None}
        most = max((-exponent for exponent in exponents if isinstance(exponent, int)), default=0)
        self.decimals[name] = max(self.decimals.get(name, 0), most)


def read(path: Path, columns: Sequence[str] | None = None, batch: int = 10_000) -> Iterator[dict[str, Any]]:
    """Rows of one of the files, a batch in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from onrecord.errors import IntegrityError

    try:
        with pq.ParquetFile(path) as file:
            for rows in file.iter_batches(batch, columns=list(columns) if columns else None):
                yield from rows.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError(
            f"{path}: not readable: {error}", "remove its folder and import again"
        ) from error
