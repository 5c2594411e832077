# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which held files sound alike, pair by pair, as the last match found them: what the two are to each other, and why."""

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.engine.duck import sql_file
from onrecord.engine.quoting import parquet
from onrecord.errors import NotFound


class Alike(Struct, frozen=True):
    """Two files by digest and by the first name they came under; `error` is the share of differing bits."""

    relation: str
    reason: str
    error: float
    a: str
    a_name: str
    b: str
    b_name: str


def list_alike(archive: Archive, relation: str = "") -> list[Alike]:
    """All pairs, or those of one relation; raises NotFound where nothing was matched yet."""
    versions = archive.canonical("versions")
    if not versions.exists():
        raise NotFound(f"{versions}: nothing was matched yet", "run `onrecord match`")
    with archive.duck() as duck:
        query = sql_file("onrecord.catalog", "alike").replace("{versions}", parquet(versions))
        rows = duck.run(query, [relation])
    return [Alike(*row) for row in rows]
