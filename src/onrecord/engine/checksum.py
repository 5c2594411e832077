# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A checksum of rows that does not hang on their order, nor on which engine wrote them or cut them into files.

Each row is told as text, column by column with its length, and digested by MD5 (which guards against accidents, not
against forgers); half of each digest is added up as a whole number.
"""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from onrecord.engine.duck import Duck
from onrecord.engine.quoting import parquet


class Checksum(Struct, frozen=True):
    """What is equal where the same rows were written: names of columns, number of rows, sum of their digests."""

    columns: tuple[str, ...]
    rows: int
    sum: int

    @property
    def text(self) -> str:
        return f"{self.sum:034x}"


def checksum(duck: Duck, paths: Sequence[Path]) -> Checksum:
    """Of the rows of Parquet files with the same columns. Whole numbers of any width are the same number."""
    read = parquet(paths)
    names = [str(row[0]) for row in duck.run(f"DESCRIBE SELECT * FROM {read}")]
    told = " || ".join(map(_told, names))
    [(rows, total)] = duck.run(f"SELECT count(*), coalesce(sum(md5_number_lower({told})), 0) FROM {read}")
    return Checksum(tuple(names), int(rows), int(total))


def _told(name: str) -> str:
    text = 'CAST("{}" AS VARCHAR)'.format(name.replace('"', '""'))
    return f"CASE WHEN {text} IS NULL THEN '-' ELSE length({text}) || ':' || {text} END"
