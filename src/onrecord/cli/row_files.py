# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of an answer as a table for people, as CSV, JSON lines or Parquet; text from outside made inert."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from onrecord.cli.output import inert

#: What a file of rows may be called.
ENDINGS: Final = (".csv", ".jsonl", ".parquet")
_CELL: Final = 60


def rows_of(reader: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of Arrow batches."""
    for batch in reader:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def write(to: Path, names: Sequence[str], reader: Any, rows: int | None) -> int:
    """Write Arrow batches to a file, by its ending; it is there when it is whole. Gives the number of rows."""
    from onrecord.durable import settle

    part = to.with_name(to.name + ".part")
    try:
        count = _WRITERS[to.suffix](part, names, reader, rows)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    settle(part, to.absolute())
    return count


def _write_csv(path: Path, names: Sequence[str], reader: Any, rows: int | None) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        return print_csv(file, names, itertools.islice(rows_of(reader), rows))


def _write_lines(path: Path, names: Sequence[str], reader: Any, rows: int | None) -> int:
    import msgspec

    count = 0
    with path.open("wb") as file:
        for row in itertools.islice(rows_of(reader), rows):
            named = dict(zip(names, plain(row), strict=True))
            file.write(msgspec.json.encode(named) + b"\n")
            count += 1
    return count


def _write_parquet(path: Path, names: Sequence[str], reader: Any, rows: int | None) -> int:
    import pyarrow.parquet as pq

    count = 0
    with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        for batch in reader:
            kept = batch.slice(0, rows - count) if rows is not None else batch
            writer.write_batch(kept)
            count += kept.num_rows
            if count == rows:
                break
    return count


_WRITERS = {".csv": _write_csv, ".jsonl": _write_lines, ".parquet": _write_parquet}


def print_csv(file: Any, names: Sequence[str], rows: Any) -> int:
    """Write rows as CSV; gives their number."""
    import csv

    from onrecord.cli.royalties.spreadsheet import cell

    writer, count = csv.writer(file, lineterminator="\n"), 0
    writer.writerow([cell(name) for name in names])
    for row in rows:
        # A text that a spreadsheet would take for a formula is set behind an apostrophe.
        writer.writerow([value if isinstance(value, int | float) else cell(_text(value)) for value in row])
        count += 1
    return count


def aligned(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Lines of a table for a terminal, long cells cut."""
    lines = [list(names), *([inert(_text(value)) for value in row] for row in rows)]
    cut = [[cell if len(cell) <= _CELL else cell[: _CELL - 1] + "…" for cell in line] for line in lines]
    widths = [max(len(cell) for cell in column) for column in zip(*cut, strict=True)]
    for place, line in enumerate(cut):
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        if not place:
            yield "  ".join("-" * width for width in widths)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | dict):
        import msgspec

        return msgspec.json.encode(plain(value)).decode()
    return str(value)


def plain(value: Any) -> Any:
    """As JSON has it: bytes in hexadecimal digits, and what it has no form for as text."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if hasattr(value, "__struct_fields__"):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    return str(value)
