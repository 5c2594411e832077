# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What everybody else played, by month: published aggregates as a table, or an open dump of listens as Parquet.

Pro-rata depends on everybody, so nothing is said about it without such a file, and every figure names the file.
"""

import re
import tempfile
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.engine.duck import Duck, sql_file
from onrecord.errors import UsageError
from onrecord.royalties.privacy import FORMULA
from onrecord.royalties.rows import Row, rows

MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_WHOLE: Final = re.compile(r"\d{1,15}")
_AMOUNT: Final = re.compile(r"\d{1,15}(\.\d{1,18})?")
_EXPECTED: Final = "a table with the columns month, plays, and where known artist and pool"


class MarketMonth(Struct):
    """All plays of a month, what they were paid together, and by artist (names casefolded) where it is known.

    `summed` says that no total was published, so that it is the sum of the artists that were.
    """

    plays: int = 0
    pool: Decimal | None = None
    artists: dict[str, int] = {}
    summed: bool = True


class Market(Struct, frozen=True):
    name: str
    months: Mapping[str, MarketMonth]


def read_market(
    path: Path, months: Collection[str], pools: Mapping[str, Decimal], spill: Path | None = None
) -> Market:
    """The months that are asked for. `pools` are amounts that the person states, for files that have none."""
    with path.open("rb") as stream:
        is_parquet = stream.read(4) == b"PAR1"
    found = _of_dump(path, months, spill) if is_parquet else _of_table(path, months)
    for month, pool in pools.items():
        if month in found:
            found[month].pool = pool
    if not found:
        asked = f"{min(months)} to {max(months)}" if months else "none"
        raise UsageError(
            f"{path}: no row of the months that were listened in ({asked}): expected some of them"
        )
    return Market(path.name, found)


def _of_table(path: Path, months: Collection[str]) -> dict[str, MarketMonth]:
    found: dict[str, MarketMonth] = {}
    with path.open("rb") as stream:
        table = rows(stream, ",")
        header = next(table, Row(1, []))
        names = [cell.strip().lower() for cell in header.cells]
        if not {"month", "plays"} <= set(names):
            raise UsageError(f"{path}: expected {_EXPECTED}, got {', '.join(names)[:200] or 'an empty file'}")
        for row in table:
            if row.wrong or len(row.cells) != len(names):
                raise _wrong(path, row, f"{len(names)} cells", row.wrong or f"{len(row.cells)}")
            cells = dict(zip(names, (cell.strip() for cell in row.cells), strict=True))
            if not MONTH.fullmatch(cells["month"]):
                raise _wrong(path, row, "a month as YYYY-MM", cells["month"])
            if cells["month"] in months:
                _add(path, row, cells, found.setdefault(cells["month"], MarketMonth()))
    return found


def _add(path: Path, row: Row, cells: Mapping[str, str], month: MarketMonth) -> None:
    if not _WHOLE.fullmatch(cells["plays"]):
        raise _wrong(path, row, "plays as a whole number", cells["plays"])
    plays = int(cells["plays"])
    if artist := _name(cells.get("artist", "")).casefold():
        month.artists[artist] = month.artists.get(artist, 0) + plays
        month.plays += plays if month.summed else 0
    elif not month.summed:
        raise _wrong(path, row, "one row without an artist for each month", "a second")
    else:
        month.plays, month.summed = plays, False
    if pool := cells.get("pool", ""):
        try:
            if artist or not _AMOUNT.fullmatch(pool):
                raise InvalidOperation
            month.pool = Decimal(pool)
        except InvalidOperation:
            expected = "the pool as an amount, in the row of the month without an artist"
            raise _wrong(path, row, expected, pool) from None


def _of_dump(path: Path, months: Collection[str], spill: Path | None) -> dict[str, MarketMonth]:
    found: dict[str, MarketMonth] = {}
    with tempfile.TemporaryDirectory(dir=spill) as folder:
        duck = Duck(Path(folder), memory="2GB")
        try:
            columns = {name for name, *_ in duck.run("DESCRIBE SELECT * FROM read_parquet($1)", [str(path)])}
            if not {"listened_at", "artist_name"} <= columns:
                got = ", ".join(sorted(columns))[:200]
                raise UsageError(f"{path}: expected an open dump with listened_at and artist_name, got {got}")
            query = sql_file("onrecord.royalties", "market_of_dump")
            for month, artist, plays in duck.run(query, [str(path), sorted(months)]):
                of = found.setdefault(month, MarketMonth(summed=False))
                of.artists[artist.casefold()] = of.artists.get(artist.casefold(), 0) + plays
                of.plays += plays
        finally:
            duck.close()
    return found


def _name(cell: str) -> str:
    """An artist's name; without the apostrophe that keeps spreadsheets from computing it."""
    name = " ".join(cell.split())
    return name[1:] if name.startswith("'") and name[1:].startswith(FORMULA) else name


def _wrong(path: Path, row: Row, expected: str, got: str) -> UsageError:
    return UsageError(f"{path}: line {row.line}: expected {expected}, got {got[:60]!r}")
