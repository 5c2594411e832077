# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks about tables in a file of their own, Parquet and SQLite, whether they were taken from a service.

Hostile until read: memory, steps and rows are bounded, and what cannot be opened so is no table for anybody else.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from onrecord.engine.quoting import parquet, plain
from onrecord.rights.taken import SAMPLE, taken_json, taken_table

#: A footer of Parquet that is longer describes more columns and groups than any table of music has.
_LONGEST_FOOTER: Final = 16 * 1024 * 1024
_MOST_STATISTICS: Final = 20_000
_MEMORY: Final = "256MB"
_MOST_TABLES: Final = 200
_LONGEST_VALUE: Final = 1024 * 1024
#: Steps of SQLite's machine for one file, told in portions: rows of a sample cost some hundred.
_PORTION: Final = 10_000
_MOST_PORTIONS: Final = 1000


def taken_parquet(path: Path) -> str:
    """By the columns, by the least and greatest values of each row group, and by the first rows. "" where none tell."""
    import duckdb

    if not 0 < _footer(path) <= _LONGEST_FOOTER:
        return ""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "threads": 1,
        "temp_directory": "",
    }
    with duckdb.connect(config=config) as database:
        # Nothing here may reach the network or load code.
        database.execute("SET autoinstall_known_extensions=false; SET autoload_known_extensions=false")
        try:
            return _by_statistics(database, path) or _by_rows(database, path)
        except (duckdb.Error, ValueError, OverflowError):
            return ""


def taken_sqlite(path: Path) -> str:
    """By the columns of each table, and by its first and last rows. The file is opened for reading alone."""
    address = f"file:{quote(os.fsencode(path.absolute()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
            database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            database.text_factory = lambda text: text.decode("utf-8", "replace")
            portions = iter(range(_MOST_PORTIONS))
            database.set_progress_handler(lambda: next(portions, None) is None, _PORTION)
            database.execute("PRAGMA trusted_schema=OFF")
            return next(filter(None, _tables(database)), "")
    except (sqlite3.Error, ValueError, OverflowError):
        return ""


def _footer(path: Path) -> int:
    """Bytes of the footer that a Parquet file says it has, 0 where it has none."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 8, 0))
        end = file.read(8)
    length = int.from_bytes(end[:4], "little")
    return length if end[4:] == b"PAR1" and length < size else 0


def _by_statistics(database: Any, path: Path) -> str:
    found = database.execute(
        "SELECT row_group_id, path_in_schema, stats_min_value, stats_max_value FROM parquet_metadata(?)"
        f" LIMIT {_MOST_STATISTICS}",
        [plain(path)],
    ).fetchall()
    columns: list[str] = []
    rows: list[Sequence[object]] = []
    for _, group in groupby(found, key=lambda row: row[0]):
        leaves = list(group)
        columns = columns or [_leaf(leaf[1]) for leaf in leaves]
        rows += [[leaf[2] for leaf in leaves], [leaf[3] for leaf in leaves]]
    return taken_table(columns, rows)


def _leaf(path: str) -> str:
    """A column's own name, without what it is nested in."""
    names = [name.strip() for name in str(path).split(",")]
    return next((name for name in reversed(names) if name not in ("list", "element", "item", "array")), "")


def _by_rows(database: Any, path: Path) -> str:
    found = database.execute(f"SELECT * FROM {parquet(path)} LIMIT {SAMPLE}")
    columns = [column[0] for column in found.description]
    rows = [dict(zip(columns, map(_text, row), strict=True)) for row in found.fetchall()]
    return taken_json(rows)


def _tables(database: sqlite3.Connection) -> Iterator[str]:
    names = database.execute(
        "SELECT name FROM sqlite_master WHERE type='table' AND sql NOT LIKE 'CREATE VIRTUAL%' LIMIT ?",
        (_MOST_TABLES,),
    ).fetchall()
    for (name,) in names:
        table = '"' + str(name).replace('"', '""') + '"'
        for order in ("", " ORDER BY rowid DESC"):
            try:
                found = database.execute(f"SELECT * FROM {table}{order} LIMIT {SAMPLE}")
                columns = [column[0] for column in found.description]
                yield taken_table(columns, ()) or taken_table(columns, found.fetchall())
            except sqlite3.OperationalError as error:
                # A table without rowid has no last rows; a file that took too many steps has no more answers.
                if "interrupted" in str(error):
                    return


def _text(cell: object) -> object:
    return cell.decode("latin-1") if isinstance(cell, bytes) else cell
