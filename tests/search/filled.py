# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows and a text index for tests, made of a few words a thing."""

from collections.abc import Iterable
from pathlib import Path

from onrecord.search.facets import facets
from onrecord.search.row_filling import Filled, fill
from onrecord.search.row_making import Entry
from onrecord.search.rows import Row


def entry(
    identifier: str,
    title: str,
    beside: str = "",
    *,
    kind: str = "recording",
    date: str = "",
    sources: Iterable[str] = ("file",),
    sound: bool = False,
    licenses: Iterable[str] = (),
    codes: tuple[tuple[str, str], ...] = (),
    weight: int = 0,
    languages: Iterable[str] = (),
    minutes: int | None = None,
) -> Entry:
    row = Row(kind, identifier, title, beside, sound, 0, 1.5, b"{}")
    return Entry(row, beside, facets(kind, date, sources, sound, licenses, languages, minutes), codes, weight)


def fill_with(
    search: Path,
    entries: list[Entry],
    redirects: Iterable[tuple[str, str]] = (),
    holders: Iterable[tuple[str, str]] = (),
) -> Filled:
    return fill(search / "rows.sqlite", lambda: entries, redirects, holders)
