# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shelves: the parts that volumes' names are made of. Those of this archive's own edition: of a file that came from a
mirrored one it is not kept in which volume it came."""

import functools
from pathlib import Path

from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in


def shelves(archive: Archive) -> list[str]:
    """Of the newest edition."""
    newest = archive.ledger.editions()[-1:]
    return [
        shelf
        for edition in newest
        for shelf in _of_edition(archive.folder / "editions" / str(edition["number"]))
    ]


def on_shelf(volume: str, shelf: str) -> bool:
    """Does a volume's name, which is made of parts, have this part (or these, one after the other)?"""
    return f"-{shelf}-" in f"-{volume}-"


@functools.lru_cache(maxsize=256)
def _of_edition(papers: Path) -> tuple[str, ...]:
    """An edition does not change."""
    return tuple(sorted({entry.shelf for entry in manifest_in(papers).volumes}))
