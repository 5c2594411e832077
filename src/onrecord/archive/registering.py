# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registers an archive's own tables, and those of an edition, as Iceberg tables: a view of the lists of their files.

The log says which files are the archive's own, the manifest which are an edition's. What the matcher makes is in no
list: it is made anew in place by each match, and leaves with editions.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.diffing import edition_folder
from onrecord.archive.editions import manifest_in
from onrecord.catalog.tables import TABLES
from onrecord.engine.parquet import schema_of
from onrecord.errors import UsageError
from onrecord.ledger import Segment

#: The namespaces: the archive's own tables, and those of its editions, which follow one another as snapshots.
OWN: Final = "archive"
EDITION: Final = "edition"


class Registration(Struct, frozen=True):
    """Where the catalog is, as readers take it; `edition` is the one that is registered, 0 where there is none."""

    uri: str
    catalog: str
    edition: int
    tables: Sequence["TableRegistered"]


class TableRegistered(Struct, frozen=True):
    """As `engine.iceberg.Registered`."""

    namespace: str
    name: str
    files: int
    rows: int
    change: str


def register(archive: Archive, edition: str = "", to: Path | None = None) -> Registration:
    """Register what was committed, and an edition: its number, or its folder; the newest where none is named.

    The catalog lies in `to`, else below `catalog/iceberg/`. NotFound where there is no such edition, IntegrityError
    where a file is missing or has other rows than its list says.
    """
    from onrecord.engine.iceberg import NAME, Listed, address
    from onrecord.engine.iceberg import register as register_in

    folder = (to or archive.folder / "catalog" / "iceberg").resolve()
    with archive.writing():
        segments: dict[str, list[Segment]] = defaultdict(list)
        for segment, _ in archive.ledger.segments():
            segments[segment.name].append(segment)
        own = [
            Listed(
                name,
                [archive.folder / "catalog" / segment.path for segment in segments[name]],
                sum(segment.rows for segment in segments[name]),
                schema_of(row),
            )
            for name, row in TABLES.items()
            if name in segments
        ]
        made = register_in(folder, OWN, own, {"onrecord.entry": str(archive.log.next_seq - 1)})
        numbers = [str(each["number"]) for each in archive.ledger.editions()]
        number = 0
        if which := edition or (numbers[-1] if numbers else ""):
            held = edition_folder(lambda: Archive.open(archive.folder), which)
            manifest = manifest_in(held)
            if manifest.archive != archive.id:
                raise UsageError(
                    f"{which}: an edition of archive {manifest.archive}, expected one of {archive.id}",
                    "name one of this archive's own",
                )
            number = manifest.number
            listed = [
                Listed(name, [held / "dataset" / f"{name}.parquet"], rows)
                for name, rows in manifest.tables.items()
            ]
            told = {"onrecord.edition": str(number), "onrecord.archive": manifest.archive}
            made += register_in(folder, EDITION, listed, told)
    tables = [TableRegistered(it.namespace, it.name, it.files, it.rows, it.change) for it in made]
    return Registration(address(folder), NAME, number, tables)
