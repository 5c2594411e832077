# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apache Iceberg over Parquet files that are there already: a view of lists of files, for whatever reads Iceberg.

The lists are the truth; what is written here can be removed at any time, and is made anew where it names files by a
place in which they no longer are (Iceberg's metadata holds whole paths). No data file is written, moved or changed.
"""

import errno
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from onrecord.errors import IntegrityError, StoreFailed, StoreFull, UsageError

if TYPE_CHECKING:
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.table import Table

#: What the catalog is called in its own file, and what readers have to call it.
NAME: Final = "onrecord"
#: A table keeps so many snapshots; older ones are expired. A plan takes eight times as long behind two hundred.
KEPT: Final = 10
_FILE: Final = "catalog.sqlite"
#: What a path may not hold: readers take Iceberg's paths for addresses.
_ODD: Final = "?#%"


class Listed(Struct, frozen=True):
    """Files that are one table, and how many rows they hold together, as their list says.

    `schema` (Arrow) has every column, else they are those of the first file; one that a file lacks is null there.
    """

    name: str
    paths: Sequence[Path]
    rows: int
    schema: Any = None


class Registered(Struct, frozen=True):
    """A table as it is registered now; `change` is `same`, `new`, `more` (files were added), `other` (replaced)."""

    namespace: str
    name: str
    files: int
    rows: int
    change: str


def address(folder: Path) -> str:
    """The address of the catalog's file, as readers take it (`uri`)."""
    return f"sqlite:///{folder / _FILE}"


def register(
    folder: Path, namespace: str, listed: Sequence[Listed], told: Mapping[str, str], kept: int = KEPT
) -> list[Registered]:
    """Make the tables of a namespace of the catalog in `folder` be these files, one snapshot a table that changed.

    `told` goes with each snapshot; a table keeps the newest `kept` of them. Killed at any point, readers have each
    table as it was or as it is to be, and the next run goes on. One writer at a time; any number may read.
    """
    folder = folder.resolve()
    if odd := set(_ODD) & set(str(folder)):
        raise UsageError(
            f"{folder}: expected a path without {' '.join(sorted(odd))}, which Iceberg's readers take for an address",
            "move it, or name another place with --to",
        )
    _check(listed)
    _leave_what_moved(folder)
    with _said(folder), closing(_opened(folder)) as catalog:
        catalog.create_namespace_if_not_exists(namespace)
        return [_registered(catalog, (namespace, each.name), each, told, kept) for each in listed]


def _registered(
    catalog: "SqlCatalog", name: tuple[str, str], listed: Listed, told: Mapping[str, str], kept: int
) -> Registered:
    from pyiceberg.exceptions import NoSuchTableError, ValidationError

    try:
        table = catalog.load_table(name)
        change = _brought(table, listed, told, kept)
    except NoSuchTableError:
        table = _made(catalog, name, listed)
        _brought(table, listed, told, kept)
        change = "new"
    except (OSError, EOFError, ValueError, ValidationError):
        # Its metadata was damaged, or a column came to be of another type.
        catalog.drop_table(name)
        table = _made(catalog, name, listed)
        _brought(table, listed, told, kept)
        change = "new"
    snapshot = table.current_snapshot()
    rows = int((snapshot and snapshot.summary and snapshot.summary["total-records"]) or 0)
    if rows != listed.rows:
        raise IntegrityError(
            f"{'.'.join(name)}: its {len(listed.paths)} files hold {rows:,} rows, their list says {listed.rows:,}",
            "`onrecord check` names what is damaged; restore it from a copy",
        )
    return Registered(*name, len(listed.paths), rows, change)


def _made(catalog: "SqlCatalog", name: tuple[str, str], listed: Listed) -> "Table":
    properties = {
        "format-version": "2",
        "commit.manifest-merge.enabled": "true",
        "write.metadata.delete-after-commit.enabled": "true",
        "write.metadata.previous-versions-max": "1",
    }
    return catalog.create_table(name, _schema(listed), properties=properties)


def _brought(table: "Table", listed: Listed, told: Mapping[str, str], kept: int) -> str:
    """Make the table be what is listed; gives what that changed."""
    held = _files(table)
    wanted = [f"file://{path.resolve()}" for path in listed.paths]
    fresh = [path for path in wanted if path not in held]
    gone = [held[path] for path in held.keys() - set(wanted)]
    if fresh or gone:
        with table.update_schema() as update:
            update.union_by_name(_schema(listed))
        _commit(table, fresh, gone, told)
        _expire(table, kept)
        _sweep(table)
    return "other" if gone else "more" if fresh else "same"


def _files(table: "Table") -> dict[str, Any]:
    """The files of the newest snapshot by their addresses, those without rows too, which no scan names."""
    snapshot = table.current_snapshot()
    return {
        entry.data_file.file_path: entry.data_file
        for manifest in (snapshot.manifests(table.io) if snapshot else ())
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
    }


def _commit(table: "Table", fresh: Sequence[str], gone: Sequence[Any], told: Mapping[str, str]) -> None:
    from pyiceberg.io.pyarrow import parquet_files_to_data_files
    from pyiceberg.table import TableProperties

    with table.transaction() as transaction:
        names = table.schema().name_mapping.model_dump_json()
        if table.properties.get(TableProperties.DEFAULT_NAME_MAPPING) != names:
            # The files know their columns by name alone.
            transaction.set_properties({TableProperties.DEFAULT_NAME_MAPPING: names})
        update = transaction.update_snapshot(snapshot_properties=dict(told))
        with update.overwrite() if gone else update.merge_append() as snapshot:
            for file in gone:
                snapshot.delete_data_file(file)
            for file in parquet_files_to_data_files(table.io, transaction.table_metadata, iter(fresh)):
                snapshot.append_data_file(file)


def _expire(table: "Table", kept: int) -> None:
    snapshots = sorted(table.snapshots(), key=lambda each: each.sequence_number or 0)
    if old := [each.snapshot_id for each in snapshots[:-kept]]:
        table.maintenance.expire_snapshots().by_ids(old).commit()


def _sweep(table: "Table") -> None:
    """Remove the metadata of snapshots that were expired, and of commits that a kill cut short."""
    needed = {table.metadata_location, *(each.metadata_file for each in table.metadata.metadata_log)}
    for snapshot in table.snapshots():
        needed.add(snapshot.manifest_list)
        needed |= {manifest.manifest_path for manifest in snapshot.manifests(table.io)}
    folder = Path(table.location().removeprefix("file://")) / "metadata"
    for path in folder.iterdir():
        if f"file://{path}" not in needed:
            path.unlink()


def _leave_what_moved(folder: Path) -> None:
    """Remove a catalog that names its files by another place: what it says there may be another archive's."""
    old = folder.with_name(f"{folder.name}-moved")
    if (folder / _FILE).exists() and not all(
        place.startswith(f"file://{folder}/") for place in _places(folder)
    ):
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    shutil.rmtree(old, ignore_errors=True)


def _places(folder: Path) -> Iterator[str]:
    try:
        with closing(sqlite3.connect(folder / _FILE)) as database:
            yield from (
                str(row[0]) for row in database.execute("SELECT metadata_location FROM iceberg_tables")
            )
    except sqlite3.OperationalError:  # killed before it had its tables
        return
    except sqlite3.DatabaseError:
        yield "not readable"


def _opened(folder: Path) -> "SqlCatalog":
    from pyiceberg.catalog.sql import SqlCatalog

    folder.mkdir(parents=True, exist_ok=True)
    return SqlCatalog(NAME, uri=address(folder), warehouse=f"file://{folder}")


def _check(listed: Sequence[Listed]) -> None:
    for each in listed:
        for path in each.paths:
            if not path.exists():
                raise IntegrityError(
                    f"{path}: a file of the table {each.name}, not here",
                    "restore it from a copy; `onrecord check` says what else is missing",
                )


def _schema(listed: Listed) -> Any:
    """All columns may be null: files from before there was a column do not have it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = listed.schema if listed.schema is not None else pq.read_schema(listed.paths[0])
    return pa.schema([field.with_nullable(True) for field in fields])


@contextmanager
def _said(folder: Path) -> Iterator[None]:
    """What the disk, the catalog's file or a reader of it does not allow, as an error of ours."""
    from pyarrow import ArrowException
    from pyiceberg.exceptions import CommitFailedException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (StoreFull if full else StoreFailed)(
            f"{folder}: cannot be written: {error}",
            "free some space, or look at its disk; run the command again",
        ) from error
    except ArrowException as error:
        raise IntegrityError(
            f"a file of a table is not readable Parquet: {' '.join(str(error).split())[:300]}",
            "restore it from a copy; `onrecord check` names it",
        ) from error
    except (CommitFailedException, SQLAlchemyError) as error:
        raise StoreFailed(
            f"{folder}: {' '.join(str(error).split())[:300]}",
            "run the command again when nobody else writes there; the folder may be removed, it is made anew",
        ) from error
