# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions of anybody over the documented tables: of the archive as it is, or of one of its editions.

What withdrawals hide today is in neither. Nothing can be written, and no other file be read (`engine.locked`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.withheld import Withheld, withheld
from onrecord.catalog import canonical_files
from onrecord.catalog.columns import dataset_meaning, meaning
from onrecord.catalog.match import KINDS
from onrecord.catalog.numbered import IDS
from onrecord.engine.duck import sql_file
from onrecord.engine.locked import HELD, Column, LockedDuck
from onrecord.engine.quoting import parquet
from onrecord.errors import NotFound, UsageError
from onrecord.publish.dataset import FRAMES
from onrecord.publish.dataset import TABLES as DATASET

#: Tables that only the archive as it is has, each with what a row is, and the table that its columns mean the same in.
_NOW: Final = {
    "splits": ("one row an id that was split off another: which one that was", "splits"),
    "sources": ("one row a source: the license of its records, and whether they may be passed on", "sources"),
}
#: Tables of the dataset that the archive as it is has as well, without what is decided when an edition is made.
_BOTH: Final = (
    *(
        "recordings",
        "releases",
        "artists",
        "works",
        "labels",
        "release_tracks",
        "crosswalk",
        "release_crosswalk",
        "artist_crosswalk",
        "work_crosswalk",
        "label_crosswalk",
    ),
    *(
        "identifiers",
        "track_claims",
        "release_claims",
        "artist_claims",
        "work_claims",
        "label_claims",
        "ids",
        "redirects",
        "overrides",
        "files",
    ),
    "withdrawn",
)
#: What of a row a withdrawal may hide it by: canonical ids, digests of files, and claims of a kind.
_IDS: Final[Mapping[str, Sequence[str]]] = {
    **dict.fromkeys(
        ("recordings", "releases", "artists", "works", "labels", "ids", "identifiers", "overrides"), ("id",)
    ),
    **dict.fromkeys(("redirects", "splits"), ("old", "new")),
    **dict.fromkeys(("files", "places", "crosswalk"), ("recording",)),
    "release_tracks": ("release", "recording"),
    "release_crosswalk": ("release",),
    "artist_crosswalk": ("artist",),
    "work_crosswalk": ("work",),
    "label_crosswalk": ("label",),
}
_BLOBS: Final = ("files", "places", "evidence")
_CLAIMS: Final = {f"{kind}_claims": kind for kind in KINDS}


class Table(Struct, frozen=True):
    """A table that can be asked, and what a row of it is."""

    name: str
    about: str


class Described(Struct, frozen=True):
    """A column of a table, and what it means."""

    name: str
    type: str
    about: str


class Asking:
    """The tables of an archive, locked. `ask` as often as you like."""

    def __init__(self, duck: LockedDuck, tables: Sequence[Table]) -> None:
        self._duck = duck
        self.tables = tables

    @contextmanager
    def ask(self, sql: str, seconds: float) -> Iterator[tuple[Sequence[Column], Any]]:
        """As `LockedDuck.ask`, over the tables that there are."""
        with self._duck.ask(sql, [table.name for table in self.tables], seconds) as answer:
            yield answer

    def schema(self, table: str) -> list[Described]:
        """The columns of a table. NotFound where there is none of that name."""
        if table not in {each.name for each in self.tables}:
            raise NotFound(
                f"{table[:80]!r}: no such table", f"there are: {', '.join(each.name for each in self.tables)}"
            )
        rows = self._duck.run("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?"
                              " AND schema_name = 'main' ORDER BY column_index", [table])  # fmt: skip
        return [Described(name, kind, _means(table, name)) for name, kind in rows]


@contextmanager
def asking(archive: Archive, edition: int = 0, *, memory: str = "") -> Iterator[Asking]:
    """The tables of the archive as it is, or of one of its editions. NotFound where there is no such edition, or
    nothing was matched yet. `memory` bounds it where that is to be less than `[work] memory`."""
    hidden = withheld(archive)
    duck = LockedDuck(
        archive.folder / "search" / "spill", memory or archive.settings.work.memory, archive.settings.workers
    )
    try:
        duck.run(f"CREATE SCHEMA {HELD}; USE {HELD}")
        segments = [segment for segment, _ in archive.ledger.segments()]
        archive.tables.attach(duck, segments)
        files = [archive.folder / "catalog" / segment.path for segment in segments]
        files += _matched(archive, duck)
        _hide(duck, hidden)
        if edition:
            names, more = _of_edition(archive, duck, edition)
            files += more
        else:
            names = _of_now(archive, duck)
        for name in names:
            duck.run(f'CREATE VIEW main."{name}" AS {_shown(duck, name, bool(hidden))}')
        duck.run("USE main")
        duck.lock([path.absolute() for path in files], [archive.canonical("").parent.absolute() / IDS])
        yield Asking(duck, [Table(name, _about(name, edition)) for name in names])
    finally:
        duck.close()


def _matched(archive: Archive, duck: LockedDuck) -> list[Path]:
    """Views of what the last match left, and their files."""
    things = [f"{thing}_members" for thing in KINDS.values()]
    names = [*things, *(f"canonical_{thing}s" for thing in KINDS.values()), "canonical_tracks"]
    for name in names:
        path = archive.canonical(name)
        if not path.exists():
            raise NotFound(f"{path}: nothing was matched yet", "run `onrecord match`")
        duck.run(f"CREATE VIEW {name} AS {archive.canonical_rows(name)}")
    return [path for name in names for path in canonical_files.files(archive.canonical(name).parent, name)]


def _of_now(archive: Archive, duck: LockedDuck) -> list[str]:
    rows = [(source, license, free) for source, (license, free) in sorted(archive.ledger.sources().items())]
    columns = {"source": "VARCHAR", "license": "VARCHAR", "redistribute": "BOOLEAN"}
    duck.table("asked_sources", columns, rows)
    duck.table("turned", dict.fromkeys(("kind", "old", "new"), "VARCHAR"), [])
    for job in ("overrides", "asked_now"):
        duck.run(sql_file("onrecord.catalog", job))
    return [*_BOTH, *_NOW]


def _of_edition(archive: Archive, duck: LockedDuck, number: int) -> tuple[list[str], list[Path]]:
    numbers = [each["number"] for each in archive.ledger.editions()]
    if number not in numbers:
        there = ", ".join(map(str, numbers)) or "none"
        raise NotFound(f"edition {number}: is not here; here are: {there}", "name one of these")
    folder = archive.folder / "editions" / str(number) / "dataset"
    paths = {name: folder / f"{name}.parquet" for name in DATASET if name != FRAMES}
    paths = {name: path for name, path in paths.items() if path.exists()}
    for name, path in paths.items():
        duck.run(f"CREATE VIEW now_{name} AS SELECT * FROM {parquet(path.absolute())}")
    return list(paths), list(paths.values())


def _hide(duck: LockedDuck, hidden: Withheld) -> None:
    """Tables of what withdrawals hide: ids with those that lead to them, digests, and claims of the things."""
    duck.table("hidden_things", {"id": "VARCHAR"}, [(it,) for it in sorted(hidden.things)])
    duck.table("hidden_days", {"recording": "VARCHAR", "day": "VARCHAR"}, sorted(hidden.things.items()))
    duck.table("hidden_blobs", {"sha256": "VARCHAR"}, [(it,) for it in sorted(hidden.blobs)])
    for job in ("hidden_ids", "hidden_claims"):
        duck.run(sql_file("onrecord.catalog", job))


def _shown(duck: LockedDuck, name: str, hides: bool) -> str:
    """The query behind a table: all of it, or what withdrawals leave of it."""
    every = f"SELECT * FROM {HELD}.now_{name} t"
    if not hides:
        return every
    where = [f"t.{column} NOT IN (SELECT id FROM {HELD}.hidden_ids)" for column in _IDS.get(name, ())]
    where = [f"({one} OR t.{column} IS NULL)" for one, column in zip(where, _IDS.get(name, ()), strict=True)]
    if name in _BLOBS:
        where.append(f"t.sha256 NOT IN (SELECT sha256 FROM {HELD}.hidden_blobs)")
    claimed = f"SELECT 1 FROM {HELD}.hidden_claims h WHERE h.source = t.source"
    if name in _CLAIMS:
        where.append(f"NOT EXISTS ({claimed} AND h.kind = '{_CLAIMS[name]}' AND h.id = t.id)")
        # A record that is called after something withdrawn is not named.
        called = f"EXISTS ({claimed} AND h.id = substr(t.record, strpos(t.record, ':') + 1))"
        blanked = [f"if({called}, '', t.record) AS record"]
        if name == "track_claims":
            blanked.append(f"if(t.blob IN (SELECT sha256 FROM {HELD}.hidden_blobs), '', t.blob) AS blob")
        every = every.replace("*", f"* REPLACE ({', '.join(blanked)})", 1)
    elif name == "crosswalk":
        where.append(f"NOT EXISTS ({claimed} AND h.kind = 'track' AND h.id = t.source_id)")
        where.append(f"t.blob NOT IN (SELECT sha256 FROM {HELD}.hidden_blobs)")
    return f"{every} WHERE {' AND '.join(where)}" if where else every


def _about(name: str, edition: int) -> str:
    if name == "files" and not edition:
        return "one row a kept sound: its recording, and what one decode said"
    return DATASET[name] if name in DATASET else _NOW[name][0]


def _means(table: str, column: str) -> str:
    if table in DATASET:
        return dataset_meaning(table, column)
    return meaning(_NOW[table][1], column)


def numbered(text: str) -> int:
    """The number of an edition as a person writes it; UsageError for anything else."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**9):
        raise UsageError(f"{text[:80]!r}: expected the number of an edition")
    return int(text)
