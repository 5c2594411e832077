# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damage of what is derived, and that `match` makes again: canonical tables, keys, and what readers search."""

from contextlib import suppress
from pathlib import Path
from typing import Final

import apsw
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.catalog import canonical_files
from onrecord.engine.parquet import is_readable
from onrecord.search import entities, entity_filling, row_filling, rows
from onrecord.search.finishing import ENTITIES, ROWS

_AGAIN: Final = "`onrecord match` makes it anew"


class Bad(Struct, frozen=True):
    """Something damaged: a blob (by digest), a segment or an edition's file (by path), or the log."""

    what: str
    state: str
    detail: str


def damaged_derived(archive: Archive) -> list[Bad]:
    """All of it, read whole as far as it is not an index of words; what cannot be read is set aside or removed."""
    found = [*set_tables_aside(archive), *_remove_keys(archive)]
    folder = archive.canonical("").parent
    if not any(folder.glob("canonical_*.parquet")):
        return found  # nothing was matched, or all that was is set aside
    for name in canonical_files.ORDER:
        if archive.canonical(name).exists() and not canonical_files.is_whole(folder, name):
            found.append(
                Bad(f"catalog/canonical/{name}.parquet", "lost", f"ids of its rows are not there: {_AGAIN}")
            )
    return found + _damaged_search(archive)


def _damaged_search(archive: Archive) -> list[Bad]:
    search, found = archive.folder / "search", []
    for name, schema, is_usable in (
        (ROWS, rows.SCHEMA, row_filling.is_usable),
        (ENTITIES, entities.SCHEMA, entity_filling.is_usable),
    ):
        path = search / name
        beside = sorted(search.glob(f"{path.stem}-*{path.suffix}"))
        if not path.exists():
            found.append(Bad(f"search/{name}", "missing", _AGAIN))
        elif broken := [each for each in (path, *beside) if not _is_whole(each)]:
            found += [Bad(f"search/{each.name}", "unreadable", _AGAIN) for each in broken]
        elif _version(path) == schema and not is_usable(path):
            found.append(Bad(f"search/{name}", "unreadable", f"it, or its index of words: {_AGAIN}"))
    return found


def _is_whole(path: Path) -> bool:
    try:
        return _told(path, "quick_check(1)") == "ok"
    except apsw.BusyError:
        return True  # whoever writes it finds out
    except apsw.Error:
        return False


def _version(path: Path) -> object:
    """What one that another version wrote has is no damage: the next match makes it anew."""
    return _told(path, "user_version")


def _told(path: Path, pragma: str) -> object:
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        [(found,)] = db.execute(f"PRAGMA {pragma}").fetchall()
    finally:
        db.close()
    return found


def set_tables_aside(archive: Archive) -> list[Bad]:
    """Canonical tables that cannot be read to their end. They are set aside, so that the next match makes all of them
    anew. Of one that can be read nobody knows here whether it is right: `rebuild` compares."""
    folder, found = archive.folder / "catalog" / "canonical", []
    for path in sorted([*folder.glob("*.parquet"), *folder.glob("ids/*.parquet")]):
        if is_readable(path):
            continue
        # What an update put beside a base says what counts instead: without it the base is as good as lost.
        base = path.with_name(path.stem.partition("-newer-")[0] + path.suffix)
        for each in {path, base}:
            with suppress(FileNotFoundError):
                each.rename(each.with_name(f"{each.name}.damaged"))
        name = path.relative_to(archive.folder)
        found.append(
            Bad(str(name), "unreadable", "set aside: `onrecord match` makes the tables anew of claims")
        )
    return found


def _remove_keys(archive: Archive) -> list[Bad]:
    """Files of keys that cannot be read (`catalog.updating`), which are only worked out from claims: removed."""
    found = []
    for path in sorted((archive.folder / "catalog" / "canonical").glob("keys-*/*.parquet")):
        if not is_readable(path):
            path.unlink(missing_ok=True)
            name = path.relative_to(archive.folder)
            found.append(Bad(str(name), "unreadable", "removed: the next match that needs it makes it again"))
    return found
