# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DuckDB behind a narrow door: SQL files in, rows or Parquet out."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.durable import settle, sha256_of, sync
from onrecord.engine.packed import PACKED, Packed
from onrecord.engine.parquet import sql_columns
from onrecord.engine.quoting import parquet, parquet_within, quoted
from onrecord.errors import StoreFailed, StoreFull

#: Rows of a table from values that are in memory as such.
_ROWS: Final = 122_880
#: The number of a row, in what reads files.
_NODE: Final = ", (seq << 32) + file_row_number AS node"
#: Tables that are compressed while they lie in memory.
USE_LARGE: Final = "USE large"
LARGE: Final = f"ATTACH ':memory:' AS large (COMPRESS); {USE_LARGE}"
#: Rows that are compressed together in what is kept and not given out.
DENSE: Final = 491_520
#: Rows of `in_order` that are read together at least.
_RANGE: Final = 16_384
#: What the engine does to plans, for longer than few rows take: it makes a join of each list of values.
_NOT_OF_FEW: Final = "in_clause"
#: How the engine calls what it spills, with the number of the process.
_TEMPORARY: Final = "duckdb_temp_"
#: A statement that makes a table of a query.
_MADE: Final = re.compile(r"(?:\s*--[^\n]*\n)*\s*CREATE OR REPLACE TABLE (\w+) AS\s(.*?);?\s*", re.DOTALL)


class Duck:
    """An in-memory DuckDB over committed Parquet files. Memory is bounded, what does not fit spills to `spill`.

    `large`: its own tables are compressed in memory, to two fifths of what matching leaves, for a fiftieth of the time.
    `few`: they hold so little that planning takes longer than running.
    """

    def __init__(
        self, spill: Path, memory: str = "6GB", threads: int = 2, *, large: bool = False, few: bool = False
    ) -> None:
        import duckdb

        self._db: duckdb.DuckDBPyConnection = duckdb.connect(
            config={
                "memory_limit": memory,
                "threads": 1 if few else threads,
                "temp_directory": str(spill),
                **({"disabled_optimizers": _NOT_OF_FEW} if few else {}),
            }
        )
        self._spill = spill
        self._views: dict[str, tuple[list[Path], str]] = {}
        self._numbered: set[str] = set()
        # Nothing here may reach the network or load code.
        self._db.execute("SET autoinstall_known_extensions=false; SET autoload_known_extensions=false")
        self._base = "large" if large else "memory"
        self._use = f"USE {self._base}"
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        #: Where `keep` puts tables, None where they are kept in memory.
        self.packed: Packed | None = None
        if large:
            self._db.execute(LARGE)

    def close(self) -> None:
        self._db.close()
        if self._folder is not None:
            self._folder.cleanup()

    def pack_tables(self) -> None:
        """From now on lay those tables that `keep` makes on the disk, packed, and those made `beside` in a file."""
        self._folder = self._beneath()
        self.packed = Packed(self.run, Path(self._folder.name), self._base)

    def keep(self, sql: str) -> None:
        """Run a job, of whose tables (CREATE OR REPLACE TABLE … AS) each is written once, and read."""
        if self.packed is None:
            self.run(sql)
            return
        for statement in self._db.extract_statements(sql):
            if made := _MADE.fullmatch(statement.query):
                self.packed.write(*made.groups())
            else:
                self.run(statement.query)

    @contextmanager
    def beside(self, *kept: str) -> Iterator[None]:
        """Where tables are packed, those that are made in here go with it, but for these; they lie in a file meanwhile.
        Elsewhere they stay."""
        if self.packed is None:
            yield
            return
        with self._beneath() as folder:
            # Nobody reads it behind a crash.
            self.run(f"ATTACH {quoted(f'{folder}/tables')} AS beside (RECOVERY_MODE NO_WAL_WRITES)")
            self._set_use(f"SET search_path='beside.main,{self._base}.main'")
            try:
                yield
                for name in kept:
                    self.run(f"CREATE OR REPLACE TABLE {self._base}.main.{name} AS FROM beside.main.{name}")
            finally:
                self._set_use(f"USE {self._base}")
                self.run("DETACH beside")

    def _set_use(self, sql: str) -> None:
        self._use = sql
        self.run(sql)

    def _beneath(self) -> tempfile.TemporaryDirectory[str]:
        """A folder beside what spills, that goes with this process at the latest (`sweep_spill`)."""
        self._spill.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=f"{_TEMPORARY}{os.getpid()}_", dir=self._spill)

    def compress_later(self) -> None:
        """Compress `large` tables when more of them has come together: for many small jobs, which else are interrupted
        by it again and again."""
        self._db.execute("SET checkpoint_threshold='256MB'")

    def one_thread(self) -> None:
        """For many small jobs: a second thread costs more than it saves time."""
        self._db.execute("SET threads=1")

    def view(
        self, name: str, paths: Sequence[Path], row: type[Struct], meant: Mapping[str, str] | None = None
    ) -> None:
        """Name a set of Parquet files as a table; `row` gives the columns: one that older files do not have is
        null in their rows. `meant` gives for columns that say less in a file than they mean what they mean, as SQL.
        """
        self._db.execute(f'CREATE OR REPLACE TABLE "{name}_columns" ({sql_columns(row)})')
        said = ", ".join(f"{sql} AS {column}" for column, sql in (meant or {}).items())
        self._views[name] = [*paths], f"* REPLACE ({said})" if said else "*"
        self.run(f'CREATE OR REPLACE VIEW "{name}" AS {self._every(name)}')

    def numbered(self, name: str) -> None:
        """The view `numbered_<name>` of what `view` named: with a column `node`, a number that a row keeps when files
        are added. Each file's column `seq` must hold one value that no other file has."""
        if name not in self._numbered:
            self._numbered.add(name)
            self.run(f'CREATE VIEW "numbered_{name}" AS {self._every(name, _NODE)}')

    def numbered_at(self, name: str, nodes: str) -> str:
        """The query of the rows of `numbered_<name>` whose numbers `nodes` has in its column `node`. The files are
        asked for these, so that little of their other columns is unpacked where they are few."""
        sought = f"(SELECT node >> 32 AS seq, node & 4294967295 AS place FROM {nodes})"
        return self._every(
            name, _NODE, f" c SEMI JOIN {sought} n ON n.seq = c.seq AND n.place = c.file_row_number"
        )

    def _beside(self) -> Any:
        cursor = self._db.cursor()
        cursor.execute(self._use)
        return cursor

    def _every(self, name: str, node: str = "", where: str = "") -> str:
        paths, columns = self._views[name]
        parts = [f'SELECT *{node and ", 0::BIGINT AS node"} FROM "{name}_columns"']
        if paths:
            files = parquet(paths, "union_by_name = true")
            parts.insert(0, f"SELECT {columns}{node} FROM {files}{where}")
        return " UNION ALL BY NAME ".join(parts)

    def table(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
        """A table from values, for a job that joins them; `columns` maps names to SQL types. The rows are taken as they
        come, some of them in memory at a time; taking one must not ask this object."""
        import pyarrow as pa

        declared = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        self._db.execute(f'CREATE OR REPLACE TABLE "{name}" ({declared})')
        left = iter(rows)
        while portion := list(islice(left, _ROWS)):
            arrays = [list(column) for column in zip(*portion, strict=True)]
            self._db.register("incoming", pa.table(arrays, names=list(columns)))
            self._db.execute(f'INSERT INTO "{name}" SELECT * FROM incoming')
            self._db.unregister("incoming")

    def fill(self, name: str, columns: Mapping[str, str], batches: Iterable[Sequence[Any]]) -> None:
        """A table from batches of columns, each of them arrays of Arrow."""
        import pyarrow as pa

        self.table(name, columns, [])
        for arrays in batches:
            self._db.register("incoming", pa.table(list(arrays), names=list(columns)))
            self._db.execute(f'INSERT INTO "{name}" SELECT * FROM incoming')
            self._db.unregister("incoming")

    def run(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with _said():
            return self._db.execute(sql, parameters or None).fetchall()

    def stream(self, sql: str, batch: int = 10_000) -> Iterator[tuple[Any, ...]]:
        """Rows of a query, a batch in memory at a time; nothing else may run on this object meanwhile."""
        with _said():
            cursor = self._db.execute(sql)
            rows = cursor.fetchmany(batch)
        while rows:
            yield from rows
            with _said():
                rows = cursor.fetchmany(batch)

    def batches(self, sql: str, batch: int = 50_000) -> Iterator[Any]:
        """A query's rows, some of them at a time, as batches of Arrow. Others may run meanwhile, so that several can be
        read side by side."""
        with _said():
            cursor = self._beside()
            reader: Any = cursor.sql(sql).to_arrow_reader(batch)
        try:
            while True:
                with _said():
                    rows = _next(reader)
                if rows is None:
                    return
                yield rows
        finally:
            cursor.close()

    def rows(self, sql: str, batch: int = 10_000) -> Iterator[tuple[Any, ...]]:
        """As `stream`, and others may run meanwhile."""
        for rows in self.batches(sql, batch):
            yield from zip(*(column.to_pylist() for column in rows.columns), strict=True)

    def lay_out(self, query: str, path: Path) -> None:
        """Write a query's rows, in no order, as Parquet for another engine: whole numbers of any width stay whole."""
        columns = self._as(f"({query})", "HUGEINT", "DECIMAL(38, 0)")
        self.run(
            f"COPY (SELECT {columns} FROM ({query})) TO {quoted(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )

    def take(self, paths: Sequence[Path]) -> str:
        """The query that reads what another engine wrote: its widest whole numbers are HUGEINT again."""
        written = parquet(paths)
        return f"SELECT {self._as(written, 'DECIMAL(38,0)', 'HUGEINT')} FROM {written}"

    def _as(self, source: str, kind: str, other: str) -> str:
        """All columns, those of one type cast to another."""
        rows = self.run(f"DESCRIBE SELECT * FROM {source}")
        cast = ", ".join(f'CAST("{row[0]}" AS {other}) AS "{row[0]}"' for row in rows if row[1] == kind)
        return f"* REPLACE ({cast})" if cast else "*"

    def reader(self, paths: Sequence[Path]) -> Any:
        """Arrow batches of Parquet files, in their order."""
        self.run("SET preserve_insertion_order=true")
        with _said():
            return self._db.sql(f"SELECT * FROM {parquet(paths)}").to_arrow_reader(2_048)

    def export(
        self,
        query: str,
        path: Path,
        group: int = 122_880,
        *,
        dense: bool = False,
        effort: int = 12,
        plain: bool = False,
        values: int = 0,
        lasting: bool = True,
    ) -> tuple[str, int]:
        """Write a query's rows as Parquet: same rows, same bytes. The query must have a total ORDER BY, or read one
        after the other files in which so many rows as are compressed together are a group.

        `group` is how many rows are read together at least. `dense` is for what is kept by the million and not given
        out: half a million rows are compressed together, with more `effort`, which takes an eighth off, and nothing
        tells which values a group has; `plain` where most numbers are bits of hashes, which steps lengthen. A column
        with more than so many `values` in a group has no dictionary (0: a fifth of its rows). The file is whole or not
        there; without `lasting` its name is durable when its folder is. Gives (SHA-256, number of rows).
        """
        packed = f"ROW_GROUP_SIZE {group}"
        if dense:
            packed = f"ROW_GROUP_SIZE {DENSE}, COMPRESSION_LEVEL {effort}, WRITE_BLOOM_FILTER false"
            packed += "" if plain else ", PARQUET_VERSION V2"
            packed += f", DICTIONARY_SIZE_LIMIT {values}" if values else ""
        part = path.with_name(path.name + ".part")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.run("SET preserve_insertion_order=true")
        [(rows,)] = self.run(
            f"COPY ({query}) TO {quoted(str(part))} (FORMAT parquet, COMPRESSION zstd, {packed})"
        )
        digest = sha256_of(part)
        if lasting:
            settle(part, path)
        else:
            sync(part)
            part.rename(path)
        return digest, int(rows)

    @contextmanager
    def parted(self, query: str, key: str, parts: int) -> Iterator[list[str]]:
        """A query's rows in so many parts, those with one value of the column `key` in the same: the query of each.
        Laid out beside what spills, as packed as tables are; of one part nothing is laid out."""
        if parts < 2:
            yield [query]
            return
        with self._beneath() as folder:
            self.run(
                f"COPY (SELECT *, hash({key}) % {parts} AS part FROM ({query})) TO {quoted(folder)}"
                f" ({PACKED}, PARTITION_BY (part))"
            )
            yield [
                f"SELECT * FROM {parquet_within(place, '*.parquet')}"
                for place in sorted(Path(folder).iterdir())
            ]

    @contextmanager
    def in_order(self, query: str, key: str) -> Iterator[str]:
        """The query of a query's rows laid out in the order of the column `key`, beside what spills, as packed as
        tables are: a range of keys is read without the rest."""
        with self._beneath() as folder:
            path = Path(folder, "rows.parquet")
            self.run(
                f"COPY (FROM ({query}) ORDER BY {key}) TO {quoted(path)} ({PACKED}, ROW_GROUP_SIZE {_RANGE})"
            )
            yield f"SELECT * FROM {parquet(path)}"

    def read_from(self, name: str, query: str) -> None:
        """Let a table go whose rows a query of files gives: what does not fit into memory would be on the disk
        twice."""
        if self.packed is not None and self.packed.has(name):
            self.packed.drop(name)
        else:
            self.run(f'DROP TABLE "{name}"')
        self.run(f'CREATE VIEW "{name}" AS {query}')


def _next(reader: Any) -> Any:
    """The next batch, None at the end. What the engine fails at behind the first comes by way of Arrow."""
    import duckdb
    import pyarrow as pa

    try:
        return next(reader, None)
    except (OSError, pa.ArrowException) as error:
        text = str(error)
        memory = "Out of Memory" in text
        raise (duckdb.OutOfMemoryException if memory else duckdb.IOException)(text) from error


def sweep_spill(folder: Path) -> None:
    """Remove what engines left here that were killed while they spilled: their names tell of which process they are."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        owner = path.name.split("_")[2]
        if owner.isdecimal() and not _lives(int(owner)):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def sql_file(package: str, name: str) -> str:
    """The text of `<package>/sql/<name>.sql`: one job, in DuckDB's dialect."""
    return files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def query_of(sql: str) -> str:
    """The query of a statement that makes a table of one."""
    made = _MADE.fullmatch(sql)
    assert made, sql
    return made[2]


@contextmanager
def _said() -> Iterator[None]:
    """What the disk or the memory does not allow, and what the engine itself fails at, as an error of ours. A job that
    is written wrongly, or was stopped, is neither."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise StoreFailed(f"a table job: {_one_line(error)}", "allow it more `[work] memory`") from None
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        full = "No space left" in str(error)
        hint = "free some space" if full else "`onrecord check` names what is missing or damaged"
        raise (StoreFull if full else StoreFailed)(
            f"a table job: {_one_line(error)}", f"{hint}; what was committed stays, run the command again"
        ) from None
    except (duckdb.ProgrammingError, duckdb.InterruptException):
        raise
    except duckdb.Error as error:
        raise StoreFailed(
            f"a table job: the engine failed: {_one_line(error)}",
            "what was committed stays; run the command again, and report this line where it comes back",
        ) from error


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _one_line(error: Exception) -> str:
    """Without the statement, and the sign that points into it."""
    return " ".join(str(error).partition("\nLINE ")[0].split())[:500]
