# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finishes what a killed run had begun: the indexes hear of what is already in the files beside them."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import apsw

from onrecord.errors import StoreFailed
from onrecord.search import cache_files, entities, entity_filling, row_filling, rows

ROWS: Final = entities.ROWS
ENTITIES: Final = entities.ENTITIES


def finish(search: Path) -> int:
    """Bring both indexes up to their files; gives how many things that took. Held is the lock of the archive.

    What cannot be read is left to `match`, which makes it anew.
    """
    return _finish(search / ROWS, rows.SCHEMA, row_filling.catch_up) + _finish(
        search / ENTITIES, entities.SCHEMA, entity_filling.catch_up
    )


def _finish(path: Path, schema: int, catch_up: Callable[[Path, apsw.Connection], int]) -> int:
    if not path.exists():
        return 0
    try:
        with cache_files.changing(path) as db:
            return catch_up(path, db) if db.pragma("user_version") == schema else 0
    except (apsw.Error, StoreFailed, ValueError):
        return 0
