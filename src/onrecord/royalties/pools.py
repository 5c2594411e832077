# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The money that is split: from a fee a listener, from one amount, or from a file of pools; in whole units, exactly."""

import re
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from pathlib import Path

from onrecord.errors import SourceRefused, UsageError
from onrecord.royalties.reading_plays import KEYS
from onrecord.royalties.rows import rows

_AMOUNT = re.compile(r"\d{1,18}(\.\d{1,12})?", re.ASCII)
_WIDE = Context(prec=60)


class Unit:
    """The smallest amount that is paid, such as 0.000001 of the currency."""

    def __init__(self, words: str) -> None:
        if not _AMOUNT.fullmatch(words) or not Decimal(words):
            raise UsageError(f"unit: expected an amount above 0 such as 0.000001, got {words[:40]!r}")
        self.size = Decimal(words)

    def units(self, words: str, what: str) -> int:
        """How many units an amount is; it has to be a whole number of them."""
        if not _AMOUNT.fullmatch(words.strip()):
            raise UsageError(f"{what}: expected an amount such as 6.99, below 10^18, got {words[:40]!r}")
        count = _WIDE.divide(Decimal(words.strip()), self.size)
        if count != count.to_integral_value():
            raise UsageError(
                f"{what}: expected a multiple of the unit {self.size}, got {words.strip()}",
                hint="give a smaller --unit",
            )
        return int(count)

    def text(self, units: int) -> str:
        """An amount as a decimal string."""
        return format(_WIDE.multiply(Decimal(units), self.size), "f")


def read_pools(path: Path, unit: Unit, present: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Amounts by (service, month, territory, tier, right) from a CSV with some of these columns and `amount`.

    `present` are those that the plays have: the file must name all of them and no others, or a pool could not be found.
    """
    amounts: dict[tuple[str, ...], int] = {}
    with path.open("rb") as stream:
        found = rows(stream, _delimiter(path))
        head = next(found, None)
        names = [cell.strip().lower() for cell in head.cells] if head else []
        keys = [name for name in KEYS if name in names]
        if "amount" not in names or keys != list(present):
            expected = ", ".join([*present, "amount"])
            raise SourceRefused(
                f"{path}: expected the columns {expected}; got {', '.join(names)[:300] or 'nothing'}",
                hint="pools need the same keys as the plays: of service, month, territory, tier, right those they have",
            )
        for row in found:
            if row.wrong or len(row.cells) != len(names):
                raise SourceRefused(
                    f"{path}: line {row.line}: expected {len(names)} cells, got {row.wrong or len(row.cells)}"
                )
            cells = dict(zip(names, (cell.strip() for cell in row.cells), strict=True))
            key = tuple(cells.get(name, "") for name in KEYS)
            if key in amounts:
                raise SourceRefused(
                    f"{path}: line {row.line}: the pool {said(key)} is there twice, expected it once"
                )
            amounts[key] = unit.units(cells["amount"], f"{path}: line {row.line}: amount")
    return amounts


def said(key: Sequence[str] | Mapping[str, str]) -> str:
    """A pool's key for a person."""
    values = key.values() if isinstance(key, Mapping) else key
    return " / ".join(value for value in values if value) or "of everything"


def _delimiter(path: Path) -> str:
    with path.open("rb") as stream:
        line = stream.readline(65536).decode("latin-1")
    return max(",;\t", key=line.count)
