# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as SQL writes them, and files as DuckDB is asked to read them."""

import glob
from collections.abc import Iterable
from pathlib import Path
from typing import Final

#: Otherwise a folder on the way that is called `year=1974` would be a column.
_AS_THEY_ARE: Final = "hive_partitioning = false"


def quoted(text: str | Path) -> str:
    """A text, or the path of a file that is written, as SQL writes it."""
    return "'" + str(text).replace("'", "''") + "'"


def plain(path: str | Path) -> str:
    """The path of a file that is read: DuckDB takes every such path as a pattern, and a folder may be called
    `Tapes [1974]`."""
    return glob.escape(str(path))


def parquet(files: Path | Iterable[Path], *options: str) -> str:
    """The table function that reads these files, which all have the same columns unless `options` says otherwise."""
    each = [files] if isinstance(files, Path) else files
    return _reader(", ".join(quoted(plain(path)) for path in each), options)


def parquet_within(folder: Path, pattern: str, *options: str) -> str:
    """As `parquet`, of the files below a folder that fit a pattern."""
    return _reader(quoted(f"{plain(folder)}/{pattern}"), options)


def csv_file(file: Path, *options: str) -> str:
    """The table function that reads a file of comma-separated values."""
    return f"read_csv({quoted(plain(file))}, {', '.join((_AS_THEY_ARE, *options))})"


def _reader(listed: str, options: Iterable[str]) -> str:
    return f"read_parquet([{listed}], {', '.join((_AS_THEY_ARE, *options))})"
