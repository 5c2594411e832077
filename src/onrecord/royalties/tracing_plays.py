# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows what `compare` says of a payee to the rows of the plays that it was reckoned from."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from onrecord.durable import sha256_of
from onrecord.engine.duck import Duck
from onrecord.engine.quoting import parquet
from onrecord.errors import IntegrityError, NotFound, UsageError
from onrecord.royalties.reading_plays import (
    columns_of,
    delimiter_of,
    files_of,
    is_parquet,
    payee_of,
    read_plays,
)
from onrecord.royalties.rows import rows


class PlaysRow(Struct, frozen=True):
    """One row: the file, the row's number as `compare` numbers it, and the row as it stands there."""

    file: str
    row: int
    cells: dict[str, str]


class PayeeTrace(Struct, frozen=True, kw_only=True):
    """`payouts` by model as the result says them; `rows` counted rows of the payee with `plays` of `listeners`, `shown`
    the first of them. `refused` rows of the plays were never counted."""

    payee: str
    payouts: dict[str, str]
    version: str
    rows: int
    plays: int
    listeners: int
    refused: int
    shown: list[PlaysRow]


class _Result(Struct, frozen=True):
    class Record(Struct, frozen=True):
        version: str
        files: tuple[tuple[str, str], ...]

    class Outcome(Struct, frozen=True):
        payouts: Mapping[str, str]

    record: Record
    models: Mapping[str, Outcome]


def trace_payee(result: Path, plays: Path, payee: str, duck: Duck, spill: Path, most: int) -> PayeeTrace:
    """`result` is the JSON of a comparison, `plays` what it compared: the same bytes, or it is refused."""
    try:
        found = msgspec.json.decode(result.read_bytes(), type=_Result)
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{result}: expected the JSON that `royalties compare` wrote, got: {error}"
        ) from error
    payouts = {name: one.payouts[payee] for name, one in found.models.items() if payee in one.payouts}
    if not payouts:
        raise NotFound(f"{payee!r}: no model of {result.name} pays a payee of this name")
    paths = files_of(plays)
    now = sorted(sha256_of(path) for path in paths)
    if now != sorted(digest for _, digest in found.record.files):
        said = ", ".join(f"{name} ({digest[:12]})" for name, digest in found.record.files)
        raise IntegrityError(
            f"{plays}: expected the plays that were compared, {said}; got other bytes",
            "name those plays, or compare again",
        )
    counted = read_plays(duck, plays, spill)
    [(count, total, listeners)] = duck.run(
        "SELECT count(*), coalesce(sum(plays), 0)::BIGINT, count(DISTINCT listener) FROM input "
        "WHERE payee::VARCHAR = $payee",
        {"payee": payee},
    )
    shown: list[PlaysRow] = []
    wrong = {(each.file, each.row) for each in counted.listed}
    for row in (one for one in _rows(duck, paths, payee) if (one.file, one.row) not in wrong):
        if len(shown) == most:
            break
        shown.append(row)
    return PayeeTrace(
        payee=payee,
        payouts=payouts,
        version=found.record.version,
        rows=count,
        plays=total,
        listeners=listeners,
        refused=counted.refused,
        shown=shown,
    )


def _rows(duck: Duck, paths: list[Path], payee: str) -> Iterator[PlaysRow]:
    for path in paths:
        yield from _parquet(duck, path, payee) if is_parquet(path) else _text(path, payee)


def _parquet(duck: Duck, path: Path, payee: str) -> Iterator[PlaysRow]:
    source = parquet(path, "file_row_number = true")
    names = [str(name) for name, *_ in duck.run(f"DESCRIBE SELECT * FROM {source}")]
    column = _payee_column(path, [name for name in names if name != "file_row_number"])
    quoted = '"' + column.replace('"', '""') + '"'
    found: list[tuple[Any, ...]] = duck.run(
        f"SELECT * FROM {source} WHERE {quoted}::VARCHAR = $payee ORDER BY file_row_number LIMIT 10000",
        {"payee": payee},
    )
    at = names.index("file_row_number")
    for row in found:
        cells = {name: str(cell) for name, cell in zip(names, row, strict=True) if name != "file_row_number"}
        yield PlaysRow(path.name, int(row[at]) + 1, cells)


def _text(path: Path, payee: str) -> Iterator[PlaysRow]:
    with path.open("rb") as stream:
        found = rows(stream, delimiter_of(path))
        header = [cell.strip() for cell in next(found).cells]
        at = header.index(_payee_column(path, header))
        names = [name.lower() for name in header]
        for row in found:
            if not row.wrong and len(row.cells) == len(header) and row.cells[at] == payee:
                yield PlaysRow(path.name, row.line, dict(zip(names, row.cells, strict=True)))


def _payee_column(path: Path, header: Sequence[str]) -> str:
    columns = columns_of(path.name, header)
    return columns[payee_of(columns)]
