# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the columns of the archive's tables and of the dataset mean, said once (`columns.toml`)."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

#: Tables of the dataset that are the canonical view, whose columns mean the same in each.
CANONICAL: Final = ("recordings", "releases", "artists", "works", "labels")


def table_meaning(name: str) -> str:
    """What a row of one of the archive's own tables is, where its class does not say so."""
    return _words()["tables"][name]


def meaning(table: str, column: str) -> str:
    """What a column of one of the archive's own tables is. KeyError where nobody wrote it down."""
    return _said(column, table)


def dataset_meaning(table: str, column: str) -> str:
    """What a column of a table of the dataset is. KeyError where nobody wrote it down."""
    return _said(column, f"{table}.parquet", "canonical" if table in CANONICAL else table)


def _said(column: str, *places: str) -> str:
    words = _words()
    for place in (*places, "every"):
        if column in words.get(place, {}):
            return words[place][column]
    raise KeyError(f"catalog/columns.toml says nothing of the column {column!r} of {places[0]}")


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("onrecord.catalog").joinpath("columns.toml").read_text("utf-8"))
