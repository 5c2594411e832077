# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each canonical thing from one edition to another, or to what the next one would hold.

Of what is withdrawn today no value is told, whatever an older edition says: only that its id is gone.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.archive.choosing import CHOSEN, choose
from onrecord.archive.core import Archive
from onrecord.archive.diffing import edition_folder
from onrecord.archive.editions import manifest_in
from onrecord.archive.last_match import is_matched
from onrecord.archive.leaving import lay_open
from onrecord.archive.withheld import withheld
from onrecord.catalog.match import KINDS
from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.parquet import column_names
from onrecord.engine.quoting import parquet
from onrecord.errors import NotFound, UsageError

#: Tables that editions of earlier versions do not have, as empty as they were.
_LATER: Final = {
    "works": "SELECT '' AS id, '' AS title WHERE false",
    "labels": "SELECT '' AS id, '' AS name WHERE false",
}
#: What stands for the edition that would be made today.
NOW: Final = "now"
_CANONICAL: Final = {
    "recordings": "canonical_recordings",
    "releases": "canonical_releases",
    "artists": "canonical_artists",
    "works": "canonical_works",
    "labels": "canonical_labels",
    "release_tracks": "canonical_tracks",
}
_COLUMNS: Final = ("kind", "id", "change", "field", "was", "is_now", "leads_to")


class Counted(Struct, frozen=True):
    """Things of a kind before and after, and how many of them were added, changed (by field), or are gone: merged into
    another (`redirected`), withdrawn, or without a claim that may leave (`gone`)."""

    kind: str
    before: int
    after: int
    added: int
    changed: int
    redirected: int
    withdrawn: int
    gone: int
    fields: Mapping[str, int]


class CatalogDiff:
    """`counts` by kind, and the changes one by one. Good while the context that gave it lasts."""

    columns: Final[Sequence[str]] = _COLUMNS

    def __init__(self, before: str, after: str, counts: Sequence[Counted], duck: Duck) -> None:
        self.before = before
        self.after = after
        self.counts = counts
        self._duck = duck

    def rows(self) -> Iterator[tuple[str, ...]]:
        """(kind, id, change, field, was, is now, leads to) of every change, by kind and id."""
        yield from self._duck.stream("SELECT * FROM edition_changes ORDER BY ALL")


@contextmanager
def differing(archive: Archive, before: str, after: str) -> Iterator[CatalogDiff]:
    """Compare two editions, each named by its number, by its folder, or as `now`: what the next edition would hold.

    NotFound where there is no such edition; UsageError for editions of two archives, or `now` before a match.
    """
    with archive.duck() as duck:
        hidden = withheld(archive)
        duck.table("hidden_things", {"id": "VARCHAR"}, [(it,) for it in sorted(hidden.things)])
        duck.run(sql_file("onrecord.catalog", "hidden_ids"))
        # First, for it lays out tables of its own.
        sides = {"before": before, "after": after}
        for side, which in sorted(sides.items(), key=lambda pair: pair[1] != NOW):
            _lay_out(archive, duck, side, which, twice=side == "after" and before == NOW)
        _leads(archive, duck, after)
        duck.table("edition_changes", dict.fromkeys(_COLUMNS, "VARCHAR"), [])
        counts = [_compare(duck, kind, thing) for kind, thing in KINDS.items()]
        yield CatalogDiff(before, after, counts, duck)


def _lay_out(archive: Archive, duck: Duck, side: str, which: str, *, twice: bool = False) -> None:
    """`<side>_recordings` and so on; a release with what is on it as one text, `tracks`. `twice`: `now` lies there
    already, of the other side."""
    if which == NOW:
        if not is_matched(archive):
            raise UsageError("now: not everything that came in is matched yet", "run `onrecord match`")
        if not twice:
            choose(archive, duck, archive.today)
            lay_open(archive, duck, CHOSEN)
        for name, table in _CANONICAL.items():
            duck.run(f"CREATE TABLE {side}_plain_{name} AS SELECT * FROM {table}")
        duck.run(f"CREATE TABLE {side}_withdrawn AS SELECT recording FROM tombstones")
    else:
        folder = _folder(archive, which)
        for name in _CANONICAL:
            path = folder / f"{name}.parquet"
            if name in _LATER and not path.exists():
                duck.run(f"CREATE VIEW {side}_plain_{name} AS {_LATER[name]}")
            else:
                _view(duck, f"{side}_plain_{name}", path)
        _view(duck, f"{side}_withdrawn", folder / "withdrawn.parquet")
    duck.run(sql_file("onrecord.catalog", "edition_side").replace("{side}", side))


def _folder(archive: Archive, which: str) -> Path:
    folder = edition_folder(lambda: Archive.open(archive.folder), which)
    manifest = manifest_in(folder)
    if manifest.archive != archive.id:
        raise UsageError(
            f"{which}: an edition of archive {manifest.archive}, expected one of {archive.id}",
            "`onrecord publish diff` compares editions of others",
        )
    return folder / "dataset"


def _leads(archive: Archive, duck: Duck, after: str) -> None:
    """Where ids lead, as the later edition says; where it is from before editions said it, as the archive knows."""
    told = None if after == NOW else _folder(archive, after) / "redirects.parquet"
    if told is not None and told.exists():
        _view(duck, "leads", told)
    else:
        duck.run(sql_file("onrecord.catalog", "leads"))


def _compare(duck: Duck, kind: str, thing: str) -> Counted:
    things = f"{thing}s"
    columns = [[row[0] for row in duck.run(f"DESCRIBE {side}_{things}")] for side in ("before", "after")]
    fields = [column for column in columns[1] if column in columns[0] and column != "id"]

    def said(alias: str) -> str:
        return ", ".join(f"('{field}', {alias}.{field}::VARCHAR)" for field in fields)

    job = (
        sql_file("onrecord.catalog", "edition_changes").replace("{things}", things).replace("{thing}", thing)
    )
    job = job.replace("{kind}", kind).replace("{fields}", ", ".join(fields))
    duck.run(job.replace("{before}", said("b")).replace("{after}", said("a")))
    made = dict(
        duck.run(
            "SELECT change, count(DISTINCT id) FROM edition_changes WHERE kind = ? GROUP BY change", [thing]
        )
    )
    counts = [duck.run(f"SELECT count(*) FROM {side}_{things}")[0][0] for side in ("before", "after")]
    by_field = duck.run(
        "SELECT field, count(*) FROM edition_changes WHERE kind = ? AND change = 'changed'"
        " GROUP BY field ORDER BY field",
        [thing],
    )
    names = ("added", "changed", "redirected", "withdrawn", "gone")
    changes = {name: int(made.get(name, 0)) for name in names}
    return Counted(kind=thing, before=counts[0], after=counts[1], fields=dict(by_field), **changes)


def _view(duck: Duck, name: str, path: Path) -> None:
    if not path.exists():
        raise NotFound(f"{path}: the edition has no such table", "it is from before there was one")
    listed = ", ".join(f'"{column}"' for column in column_names(path) if column != "license")
    duck.run(f"CREATE VIEW {name} AS SELECT {listed} FROM {parquet(path.absolute())}")


def as_batches(diff: CatalogDiff) -> Any:
    """The changes as an Arrow reader, a batch in memory at a time."""
    import pyarrow as pa

    schema = pa.schema([pa.field(name, pa.string()) for name in _COLUMNS])

    def batches() -> Iterator[Any]:
        rows: list[tuple[str, ...]] = []
        for row in diff.rows():
            rows.append(row)
            if len(rows) == 10_000:
                yield _batch(rows, schema)
                rows = []
        if rows:
            yield _batch(rows, schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _batch(rows: Sequence[tuple[str, ...]], schema: Any) -> Any:
    import pyarrow as pa

    return pa.record_batch(
        [pa.array(column, pa.string()) for column in zip(*rows, strict=True)], schema=schema
    )
