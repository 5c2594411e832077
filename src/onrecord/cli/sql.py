# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord sql`"""

import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onrecord.cli.output import Output, options
from onrecord.cli.row_files import ENDINGS, aligned, plain, print_csv, rows_of, write

if TYPE_CHECKING:
    from onrecord.archive import Archive
    from onrecord.archive.querying import Asking
    from onrecord.engine.locked import Column

_ROWS = 1_000


@click.command("sql")
@click.argument("query", default="")
@click.option("--tables", is_flag=True, help="List the tables that can be asked.")
@click.option(
    "--schema", "table", metavar="TABLE", default="", help="List the columns of a table, and what they mean."
)
@click.option(
    "--as-of",
    "edition",
    type=click.IntRange(min=1),
    metavar="N",
    help="Ask edition N, not the archive as it is.",
)
@click.option("--job", metavar="NAME", default="", help="Ask a question that is kept: dedupe, top_artists.")
@click.option(
    "--spark", is_flag=True, help="Print the question as Spark SQL, for a cluster; nothing is asked."
)
@click.option(
    "--check",
    is_flag=True,
    help="Answer --job NAME here and on Spark, and compare checksums of the rows; exit code 4.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--out", "to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write every row to FILE, by its ending: .csv, .jsonl (an object a line), .parquet.")  # fmt: skip
@click.option(
    "--rows",
    type=click.IntRange(1, sys.maxsize),
    help=f"At most so many rows.  [default: {_ROWS:,}; with --out all]",
)
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), default=300.0, show_default=True,
              help="Give up after so long.")  # fmt: skip
@options
def command(
    query: str,
    tables: bool,
    table: str,
    edition: int | None,
    job: str,
    spark: bool,
    check: bool,
    as_csv: bool,
    to: Path | None,
    rows: int | None,
    seconds: float,
    folder: Path,
    out: Output,
) -> None:
    """Ask the tables by one SELECT, in DuckDB's dialect; - reads it from standard input.

    The tables are those of the dataset, of the archive as it is or of an edition, and a few more. Nothing can be
    written, loaded or set, and no other file or address be read; what was withdrawn is not there. A question may use
    the memory that `[work] memory` allows, and 10 GB of disk while it runs.

    With --spark a question that gives the same rows there is printed in Spark's dialect, over tables of the same names
    (the Parquet files of an edition, or what `catalog register` registered); any other is refused, with what is in it.

    A question that is kept runs on the engine of `[engine] kind`; with --check on both, and the rows must be the same.

    \b
    Example:  onrecord sql "SELECT artist, count(*) FROM recordings GROUP BY ALL ORDER BY 2 DESC LIMIT 10"
    Example:  onrecord sql --schema crosswalk
    Example:  onrecord sql --job dedupe --spark
    Example:  onrecord sql --job dedupe --as-of 1 --check
    Example:  onrecord sql --as-of 1 "SELECT * FROM files" --out files.parquet
    """
    asked = [bool(query), tables, bool(table), bool(job)]
    if sum(asked) != 1 or (spark and (tables or table)) or (check and (spark or not job)):
        raise click.UsageError('give one of: a question ("SELECT …"), --job NAME, --tables, --schema TABLE')
    if to is not None and (as_csv or to.suffix not in ENDINGS):
        raise click.UsageError(
            f"--out FILE: expected a name that ends with {', '.join(ENDINGS)}, and no --csv"
        )
    query = _kept(job) if job else sys.stdin.read() if query == "-" else query
    if spark:
        from onrecord.engine.portable import to_spark

        compiled = to_spark(query, job or "the question")
        out.result("sql.spark", {"sql": compiled}, lambda: iter(compiled.splitlines()))
        return
    from onrecord.archive import Archive
    from onrecord.archive.exporting.places import refuse_inside
    from onrecord.archive.querying import asking
    from onrecord.cli.output import hint_if_unmatched

    if not edition:
        hint_if_unmatched(folder, out)
    with Archive.open(folder) as archive:
        if to is not None:
            refuse_inside(archive, to)
        if check:
            _compare(archive, edition or 0, job, query, out)
            return
        if job and archive.settings.engine.kind != "embedded":
            _answer_elsewhere(archive, edition or 0, job, query, to, rows, as_csv, out)
            return
    with Archive.open(folder) as archive, asking(archive, edition or 0) as held:
        if tables:
            listed = held.tables
            out.result(
                "sql.tables", {"tables": listed}, lambda: (f"{it.name:<18} {it.about}" for it in listed)
            )
        elif table:
            columns = held.schema(table)
            lines = (f"{it.name:<24} {it.type:<10} {it.about}" for it in columns)
            out.result("sql.schema", {"table": table, "columns": columns}, lambda: lines)
        else:
            _answer(held, query, seconds, to, rows, as_csv, out)


def _kept(job: str) -> str:
    """A question that comes with the program."""
    from onrecord.engine.duck import sql_file
    from onrecord.engine.portable import portable

    if job not in (jobs := portable("onrecord.catalog")):
        raise click.UsageError(f"--job {job[:80]!r}: expected one of {', '.join(jobs)}")
    return sql_file("onrecord.catalog", f"portable/{job}")


def _compare(archive: "Archive", edition: int, job: str, query: str, out: Output) -> None:
    from onrecord.archive.engines import compared

    ran = compared(archive, edition, job, query)
    same = len({(each.rows, each.checksum) for each in ran}) == 1

    def text() -> Iterator[str]:
        for each in ran:
            yield f"{each.engine:<9} {each.rows:>13,} rows  {each.checksum}  {each.seconds:,.1f} s"
        yield (
            "the same rows on both"
            if same
            else f"{job}: NOT the same rows on both: report it, with these lines"
        )

    out.result("sql.check", {"job": job, "same": same, "ran": ran}, text)
    if not same:
        sys.exit(4)


def _answer_elsewhere(
    archive: "Archive",
    edition: int,
    job: str,
    query: str,
    to: Path | None,
    rows: int | None,
    as_csv: bool,
    out: Output,
) -> None:
    from onrecord.archive.engines import answered, told
    from onrecord.engine.locked import Column

    with (
        answered(archive, edition, job, query, archive.settings.engine.kind) as files,
        archive.duck() as duck,
    ):
        made = told(archive, files)
        out.say(f"{job} on {archive.settings.engine.kind}: {made.rows:,} rows, checksum {made.text}")
        reader = duck.reader(files)
        columns = [Column(field.name, str(field.type)) for field in reader.schema]
        _show(columns, reader, to, rows, as_csv, out)


def _answer(
    held: "Asking", query: str, seconds: float, to: Path | None, rows: int | None, as_csv: bool, out: Output
) -> None:
    with held.ask(query, seconds) as (columns, reader):
        _show(columns, reader, to, rows, as_csv, out)


def _show(
    columns: "Sequence[Column]", reader: Any, to: Path | None, rows: int | None, as_csv: bool, out: Output
) -> None:
    names = [column.name for column in columns]
    if to is not None:
        count = write(to, names, reader, rows)
        out.result(
            "sql.out",
            {"file": str(to), "rows": count, "columns": columns},
            lambda: iter([f"{to}: {count:,} rows"]),
        )
        return
    wanted = rows or _ROWS
    kept = list(itertools.islice(rows_of(reader), wanted + 1))
    more = len(kept) > wanted
    del kept[wanted:]
    if as_csv:
        print_csv(sys.stdout, names, kept)
    else:
        body = {"columns": columns, "rows": kept, "more": more}
        out.result("sql", plain(body) if out.json else body, lambda: aligned(names, kept))
    if more:
        out.say(f"these are the first {wanted:,} rows: --rows N shows more, --out FILE writes all")
