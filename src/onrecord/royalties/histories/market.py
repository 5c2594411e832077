# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What everybody else played, by month: published aggregates as a table, or an open dump of listens as Parquet.

Pro-rata depends on everybody, so nothing is said about it without such a file, and every figure names the file.
"""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from onrecord.durable import sha256_of
from onrecord.errors import UsageError
from onrecord.royalties.histories.market_month import MarketMonth
from onrecord.royalties.privacy import FORMULA
from onrecord.royalties.rows import Row, rows

MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_WHOLE: Final = re.compile(r"\d{1,15}")
_AMOUNT: Final = re.compile(r"\d{1,15}(\.\d{1,18})?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_EXPECTED: Final = "a table with the columns month, plays, and where known artist, pool and currency"


class Market(Struct, frozen=True):
    name: str
    sha256: str
    months: Mapping[str, MarketMonth]

    @property
    def cited(self) -> str:
        """What a figure that rests on the file says of it: name, start of the digest, months that were looked at."""
        first, last = min(self.months), max(self.months)
        return f"{self.name}, sha256 {self.sha256[:12]}, {first if first == last else f'{first} to {last}'}"


def read_market(
    path: Path,
    months: Collection[str],
    pools: Mapping[str, Decimal],
    spill: Path | None = None,
    played: Collection[tuple[str, str]] = (),
) -> Market:
    """The months that are asked for. `pools` are amounts that the person states, for files that have none; `played`
    the (artist, title) that a rule by recording asks for."""
    if is_dump(path):
        from onrecord.royalties.histories.market_dump import read_dump

        found = read_dump(path, months, spill, played)
    else:
        found = _of_table(path, months)
    for month, pool in pools.items():
        if month in found:
            # What a person states is in the currency of the price.
            found[month] = structs.replace(found[month], pool=pool, currency="")
    if not found:
        asked = f"{min(months)} to {max(months)}" if months else "none"
        raise UsageError(
            f"{path}: no row of the months that were listened in ({asked}): expected some of them"
        )
    return Market(path.name, sha256_of(path), found)


def is_dump(path: Path) -> bool:
    """Whether it is Parquet: listens, rather than sums."""
    with path.open("rb") as stream:
        return stream.read(4) == b"PAR1"


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
    for name, month in found.items():
        if (together := sum(month.artists.values())) > month.plays:
            raise UsageError(
                f"{path}: {name}: expected a total of all plays, got {month.plays:,}, but its artists have {together:,}"
            )
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
        month.currency = cells.get("currency", "").upper()
        if month.currency and not _CURRENCY.fullmatch(month.currency):
            raise _wrong(path, row, "a currency of three letters such as SEK", month.currency)


def _name(cell: str) -> str:
    """An artist's name; without the apostrophe that keeps spreadsheets from computing it."""
    name = " ".join(cell.split())
    return name[1:] if name.startswith("'") and name[1:].startswith(FORMULA) else name


def _wrong(path: Path, row: Row, expected: str, got: str) -> UsageError:
    return UsageError(f"{path}: line {row.line}: expected {expected}, got {got[:60]!r}")
