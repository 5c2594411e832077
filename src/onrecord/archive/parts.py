# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims that stand under another license than the records of their source: they leave by that license, or stay.

Which these are is data: `Terms.parts` of the source, put on record with each harvest.
"""

from collections.abc import Callable
from typing import Final

from onrecord.archive.core import Archive
from onrecord.archive.judging import publishable
from onrecord.engine.duck import Duck
from onrecord.model.records import FIELDS
from onrecord.model.rights import Evidence, Says

#: The tables of current claims that an edition is made of (`catalog/sql/current_tracks.sql`), by the claims' table.
_NODES: Final = {
    name: f"{name.removesuffix('s')}_nodes" for name in ("tracks", "artists", "releases", "works", "labels")
}
_NUMBERS: Final = frozenset({"tracks.disc", "tracks.position", "tracks.duration_ms", "releases.tracks"})


def hold_back_parts(
    archive: Archive, duck: Duck, wanted: Callable[[str], bool] = lambda license: True
) -> None:
    """Empty the fields of the current claims in `duck` that may not be in an edition by a license of their own, or
    whose license is not `wanted`.

    A row that keeps such a field has its license in `part_license`: who gets the row must heed both. The table `parts`
    says what became of each.
    """
    rows = []
    for nodes in _NODES.values():
        duck.run(f"ALTER TABLE {nodes} ADD COLUMN part_license VARCHAR")
    for source, field, license, redistribute in archive.ledger.parts():
        table, _, column = field.partition(".")
        leaves = redistribute and _may_leave(archive, source, license) and wanted(license)
        rows.append((source, f"{table.removesuffix('s')}_claims", column, license, leaves))
        if field not in FIELDS or table not in _NODES:
            continue  # an edition has no such field
        empty = "NULL" if field in _NUMBERS else "''"
        if leaves:
            duck.run(
                f"UPDATE {_NODES[table]} SET part_license = concat_ws(' AND ', part_license, ?)"
                f" WHERE source = ? AND {column} IS NOT NULL AND {column}::VARCHAR <> ''"
                " AND NOT coalesce(list_contains(string_split(part_license, ' AND '), ?), false)",
                [license, source, license],
            )
        else:
            duck.run(f"UPDATE {_NODES[table]} SET {column} = {empty} WHERE source = ?", [source])
    columns = {"source": "VARCHAR", "claims": "VARCHAR", "field": "VARCHAR", "license": "VARCHAR"}
    duck.table("parts", columns | {"leaves": "BOOLEAN"}, rows)


def _may_leave(archive: Archive, source: str, license: str) -> bool:
    stated = Evidence(says=Says.LICENSE, origin=f"terms of {source}", text=license, license=license)
    return publishable([stated], archive.today, archive.settings.publish).allow
