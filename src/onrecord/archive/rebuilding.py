# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canonical tables and the search made anew from claims and log, and compared with what was there."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from onrecord.archive.checking import damaged_segments
from onrecord.archive.checking_derived import set_tables_aside
from onrecord.archive.core import Archive
from onrecord.archive.last_match import is_matched, let_go_of_aside, put_aside, put_back
from onrecord.archive.matching import rematch_locked
from onrecord.catalog import canonical_files
from onrecord.durable import sha256_of
from onrecord.engine.parquet import row_count
from onrecord.errors import IntegrityError


class Remade(Struct, frozen=True):
    """A canonical table: `same` to the byte, `differs`, or `new` where there was none before."""

    name: str
    rows: int
    outcome: Literal["same", "differs", "new"]


class Rebuilt(Struct, frozen=True):
    tables: Sequence[Remade]
    recordings: int
    releases: int
    artists: int


def rebuild(archive: Archive, progress: Callable[[str], None] = lambda _: None) -> Rebuilt:
    """Remove what can be derived, and derive it again. Killed at any point, the next match or rebuild goes on.

    IntegrityError, and nothing is removed, where claims are damaged that it would be derived from.
    """
    canonical, search = archive.folder / "catalog" / "canonical", archive.folder / "search"
    with archive.writing():
        put_back(archive)
        progress("reading claims")
        if damaged := damaged_segments(archive):
            raise IntegrityError(
                f"{damaged[0].what}: {damaged[0].state}, {damaged[0].detail}; {len(damaged)} in all",
                "restore it from a copy, then rebuild; what there is stays as it was",
            )
        unreadable = [Path(bad.what).stem.partition("-newer-")[0] for bad in set_tables_aside(archive)]
        # An id whose founding claim has gone passes to the claims that it was one thing with: they must be known still.
        if canonical.exists() and not is_matched(archive):
            progress("matching what is new")
            rematch_locked(archive)
        with archive.duck(large=True) as duck:
            canonical_files.fold_all(duck, canonical)  # what updates put beside the tables belongs to them
        before = {path.stem: sha256_of(path) for path in _tables(canonical) if "-newer-" not in path.stem}
        before |= dict.fromkeys(unreadable, "unreadable")
        put_aside(archive)
        for folder in (canonical, search):
            shutil.rmtree(folder, ignore_errors=True)
        search.mkdir()
        progress("making tables and search anew")
        report = rematch_locked(archive, from_nothing=True)
        let_go_of_aside(archive)
        tables = [_compared(path, before.get(path.stem, "")) for path in _tables(canonical)]
    return Rebuilt(tables, report.recordings, report.releases, report.artists)


def _tables(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet"))


def _compared(path: Path, before: str) -> Remade:
    outcome: Literal["same", "differs", "new"] = "new"
    if before:
        outcome = "same" if sha256_of(path) == before else "differs"
    return Remade(path.stem, row_count(path), outcome)
