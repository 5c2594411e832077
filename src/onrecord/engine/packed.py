# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of a run as packed files beside what spills. A table that does not fit into memory spills as it is, five times
as wide as packed, and leaves holes in the file that nobody takes off the disk."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.engine.quoting import parquet_within, quoted

#: What a table is packed with: it is read a few times, and goes.
PACKED: Final = "FORMAT parquet, COMPRESSION zstd"


class _Table(Struct):
    folder: Path
    #: SQL that gives the number of the part in which a row lies, "" where there is one part.
    part: str
    #: Columns that the view does not have.
    beside: Sequence[str]
    writes: int = 0


class Packed:
    """Each table is a view of its files, in the catalog `base`; `run` runs SQL."""

    def __init__(self, run: Callable[[str], Any], folder: Path, base: str) -> None:
        self._run, self._folder, self._base = run, folder, base
        self._tables: dict[str, _Table] = {}
        self._count = 0

    def write(self, name: str, query: str) -> None:
        """Make a table of the rows of a query, which may read what was so called before."""
        before = self._tables.get(name)
        self.begin(name, before.part if before else "", before.beside if before else ())
        self.add(name, query)
        self.show(name)
        if before:
            shutil.rmtree(before.folder)

    def begin(self, name: str, part: str = "", beside: Sequence[str] = ()) -> None:
        """An empty table that rows are added to. It can be read when it is shown."""
        self._count += 1
        folder = self._folder / f"{name}-{self._count}"
        folder.mkdir()
        self._tables[name] = _Table(folder, part, beside)

    def add(self, name: str, query: str) -> None:
        table = self._tables[name]
        table.writes += 1
        if table.part:
            self._run(
                f"COPY (SELECT *, {table.part} AS part FROM ({query})) TO {quoted(table.folder)} ({PACKED},"
                f" PARTITION_BY (part), OVERWRITE_OR_IGNORE, FILENAME_PATTERN 'rows-{table.writes}-{{i}}')"
            )
            if not next(
                table.folder.rglob("*.parquet"), None
            ):  # it had no rows: its columns are told all the same
                self._run(f"COPY ({query}) TO {quoted(table.folder / 'none.parquet')} ({PACKED})")
        else:
            self._run(f"COPY ({query}) TO {quoted(table.folder / f'{table.writes}.parquet')} ({PACKED})")

    def show(self, name: str) -> None:
        table = self._tables[name]
        left = f"* EXCLUDE ({', '.join(table.beside)})" if table.beside else "*"
        self._run(
            f'CREATE OR REPLACE VIEW {self._base}.main."{name}" AS SELECT {left} FROM {self.every(name)}'
        )

    def every(self, name: str) -> str:
        """What reads the rows with the columns that the view does not have."""
        return parquet_within(self._tables[name].folder, "**/*.parquet")

    def has(self, name: str) -> bool:
        return name in self._tables

    def parts(self, name: str) -> list[Path]:
        """The folders of the parts, in their order; who has read one may remove it."""
        folders = self._tables[name].folder.glob("part=*")
        return sorted(folders, key=lambda path: int(path.name.partition("=")[2]))

    def files(self, name: str) -> list[Path]:
        """Of a table that is not in parts, what was added one after the other."""
        table = self._tables[name]
        return [table.folder / f"{write}.parquet" for write in range(1, table.writes + 1)]

    def drop(self, name: str) -> None:
        self._run(f'DROP VIEW IF EXISTS {self._base}.main."{name}"')
        shutil.rmtree(self._tables.pop(name).folder)


def part_rows(folder: Path) -> str:
    """What reads the rows of a part."""
    return parquet_within(folder, "*.parquet")
