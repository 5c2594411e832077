# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord search --from`: a whole table of identifiers or names, with the answers behind each row."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from onrecord.cli.output import Output
from onrecord.model.filters import Filters

if TYPE_CHECKING:
    from onrecord.archive.looking_up import Summary, Table

F = TypeVar("F", bound=Callable[..., Any])


def _columns(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for value in values:
        field, equals, column = value.partition("=")
        if not equals or not column.strip():
            raise click.BadParameter(f"expected FIELD=COLUMN, as in title=Song or isrc=2, got {value!r}")
        found[field.strip()] = column.strip()
    return found


def options(function: F) -> F:
    """The options of a look-up from a file."""
    path = click.Path(path_type=Path, dir_okay=False)
    for option in reversed(
        [
            click.option(
                "--from", "source", type=path, metavar="CSV", help="Look up each row of this table."
            ),
            click.option(
                "--to", "target", type=path, metavar="CSV", help="Where the answers go: the table and more."
            ),
            click.option(
                "--column",
                "columns",
                multiple=True,
                callback=_columns,
                metavar="FIELD=COLUMN",
                help="Which column holds title, artist, release, length, isrc, barcode …: its name, or its number.",
            ),
            click.option(
                "--delimiter", default="", help="Between the cells of the table, where it is not found."
            ),
            click.option(
                "--encoding", default="", help="Of the table, where it is not recognized: cp1252, big5 …"
            ),
            click.option("--no-header", is_flag=True, help="The table's first row is a row like others."),
        ]
    ):
        function = option(function)
    return function


def search_table(
    folder: Path,
    out: Output,
    filters: Filters,
    source: Path,
    target: Path | None,
    columns: dict[str, str],
    delimiter: str,
    encoding: str,
    no_header: bool,
    limit: int,
) -> None:
    """Answers `source` into `target`; exits with 3 where a row could not be understood."""
    from onrecord.archive.looking_up import LookUp, Shape, look_up_file
    from onrecord.archive.looking_up.finding import LARGEST, MOST

    if target is None:
        raise click.UsageError("--from needs --to FILE, where the answers go")
    if str(target) == "-":
        raise click.UsageError("--to needs the name of a file: what is killed goes on in it")
    given = click.get_current_context().get_parameter_source("limit") != ParameterSource.DEFAULT
    if given and limit > LARGEST:
        raise click.UsageError(f"--limit with --from is at most {LARGEST}: so many matches a row")
    shape = Shape(columns, "\t" if delimiter == "\\t" else delimiter, encoding, not no_header)
    size = source.stat().st_size if source.is_file() else 0

    look_up = LookUp(folder, filters)
    if wrong := look_up.unknown():
        raise click.UsageError("; ".join(wrong))

    def read(table: "Table") -> None:
        out.say("read: " + ", ".join(f"{field} from {column!r}" for field, column in table.columns().items()))
        if unread := table.unread():
            out.say(
                "not read: " + ", ".join(map(repr, unread)) + " (--column FIELD=COLUMN says what is meant)"
            )
        if table.is_western:
            out.say("read as Western European (cp1252), as it is no UTF-8: --encoding says if that is not so")

    with out.progress("looked up", lambda: size) as update:
        summary, before = look_up_file(look_up, source, target, shape, limit if given else MOST, update, read)
    if before:
        out.say(f"went on behind {before:,} rows that were answered before")
    answered = {"to": str(target), "answered_before": before, "summary": summary}
    out.result("search.table", answered, lambda: _told(summary, target))
    if summary.wrong:
        sys.exit(3)


def _told(summary: "Summary", target: Path) -> Iterator[str]:
    yield (
        f"{summary.rows:,} rows: {summary.found:,} found, {summary.several:,} with several that are equally good, "
        f"{summary.nothing_found:,} nothing found, {summary.wrong:,} not understood"
    )
    yield (
        f"confidence: {summary.certain:,} of 0.95 or more, {summary.likely:,} of 0.8 or more, {summary.doubtful:,} less"
    )
    yield f"answers: {target}"
