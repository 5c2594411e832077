# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions that are kept (`sql/portable`), answered by the engine of the settings, or by both to compare them.

Spark reads the files of an edition where they lie. What has no file of its own (the archive as it is, and whatever a
withdrawal has thinned out) is written out for it first, by the one query that everybody is answered by.
"""

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.querying import Asking, asking
from onrecord.archive.withheld import withheld
from onrecord.engine.checksum import Checksum, checksum
from onrecord.engine.portable import tables_of, to_spark
from onrecord.engine.quoting import parquet
from onrecord.engine.spark import Spark
from onrecord.errors import NotFound

#: See `engine`.
Engine = Callable[[str, str, Mapping[str, Sequence[Path]]], list[Path]]
#: A kept question has as long as it takes.
_SECONDS = 7 * 86_400.0


class Ran(Struct, frozen=True):
    """A question on one engine: how many rows it gave, their checksum, and what it took, its start included."""

    engine: str
    rows: int
    checksum: str
    seconds: float


@contextmanager
def answered(archive: Archive, edition: int, name: str, sql: str, kind: str) -> Iterator[list[Path]]:
    """Parquet files with the answer, in its order, for as long as the `with` block runs. `kind` as in the settings."""
    with place(archive) as folder, asking(archive, edition) as held:
        out = folder / "answer"
        if kind == "embedded":
            out.mkdir()
            _write(held, sql, out / "0.parquet")
            yield [out / "0.parquet"]
            return
        compiled = to_spark(sql, name)
        tables = _laid_out(archive, held, edition, tables_of(sql), folder)
        with Spark(archive.settings.engine.cluster, folder) as spark:
            files = spark.query(compiled, tables, out)
        yield files


def told(archive: Archive, files: Sequence[Path]) -> Checksum:
    with archive.duck() as duck:
        return checksum(duck, files)


def compared(archive: Archive, edition: int, name: str, sql: str) -> list[Ran]:
    """The same question on both engines."""
    to_spark(sql, name)
    found = []
    for kind in ("embedded", "spark"):
        begun = time.monotonic()
        with answered(archive, edition, name, sql, kind) as files:
            seconds = round(time.monotonic() - begun, 2)
            made = told(archive, files)
        found.append(Ran(kind, made.rows, made.text, seconds))
    return found


@contextmanager
def engine(archive: Archive, kind: str, folder: Path) -> Iterator[Engine]:
    """Whoever answers jobs over tables that a caller laid out as Parquet: asked by the job's name, its SQL, and the
    files of each table; what it answers are files below `folder`. `kind` as in the settings."""
    if kind == "embedded":
        with archive.duck() as duck:

            def here(name: str, sql: str, tables: Mapping[str, Sequence[Path]]) -> list[Path]:
                for table, paths in tables.items():
                    duck.run(f'CREATE OR REPLACE VIEW "{table}" AS SELECT * FROM {parquet(paths)}')
                path = folder / f"{name}-answer.parquet"
                duck.export(sql.rstrip(), path)
                return [path]

            yield here
        return
    with Spark(archive.settings.engine.cluster, folder) as spark:
        yield lambda name, sql, tables: spark.query(to_spark(sql, name), tables, folder / f"{name}-answer")


@contextmanager
def place(archive: Archive) -> Iterator[Path]:
    """A folder of the archive for what an engine is given and gives; what killed runs left there goes first."""
    above = archive.folder / "search" / "spill"
    for left in above.glob("spark_*"):
        if not Path("/proc", left.name.split("_")[1]).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = above / f"spark_{os.getpid()}_{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


def _laid_out(
    archive: Archive, held: Asking, edition: int, names: Sequence[str], folder: Path
) -> Mapping[str, list[Path]]:
    there = {table.name for table in held.tables}
    if missing := [name for name in names if name not in there]:
        raise NotFound(f"{missing[0][:80]!r}: no such table", f"there are: {', '.join(sorted(there))}")
    whole = bool(edition) and not withheld(archive)
    tables = {}
    for name in names:
        path = archive.folder / "editions" / str(edition) / "dataset" / f"{name}.parquet"
        if not whole:
            path = folder / f"{name}.parquet"
            _write(held, f'SELECT * FROM "{name}"', path)
        tables[name] = [path]
    return tables


def _write(held: Asking, sql: str, path: Path) -> None:
    import pyarrow.parquet as pq

    with (
        held.ask(sql, _SECONDS) as (_, reader),
        pq.ParquetWriter(path, reader.schema, compression="zstd") as writer,
    ):
        for batch in reader:
            writer.write_batch(batch)
