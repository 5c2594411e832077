# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties import` and `onrecord royalties formats`"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("import")
@click.argument(
    "statements", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--to", "books", default="onrecord-books", show_default=True, type=click.Path(path_type=Path),
              help="The folder of the books; made where it is not there.")  # fmt: skip
@click.option("--currency", default="", metavar="CODE", help="Of statements that name none.")
@click.option("--month", default="", metavar="YYYY-MM", help="Of use, for statements that name none.")
@click.option("--reader", "named", default="", metavar="NAME", help="Read them all as this format.")
@click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A table in TOML that says what the columns are.")  # fmt: skip
@click.option("--refused", "shown", type=click.IntRange(0), default=50, show_default=True,
              help="Show at most this many refused rows a statement; all are kept in the books.")  # fmt: skip
@options
def command(
    statements: tuple[Path, ...],
    books: Path,
    currency: str,
    month: str,
    named: str,
    mapping: Path | None,
    shown: int,
    folder: Path,
    out: Output,
) -> None:
    """Take royalty statements into the books, a folder on this machine that is no archive and is never published.

    A format is recognized by its columns and bytes, never by the file's name. Zip and gzip are opened, and each sheet
    of a workbook (XLSX, ODS, XLS) is read as a table. Every row is kept with the file's digest and its number; rows
    that cannot be read are listed. The same file twice changes nothing.

    \b
    Exit code 3: some rows or files were refused; they are listed.

    \b
    Example:  onrecord royalties import ~/Downloads/statement-*.csv --to my-books
    """
    from onrecord.royalties import ledgering
    from onrecord.royalties.loading import load_readers
    from onrecord.royalties.statements import mapped, values

    if named and mapping:
        raise click.UsageError("--reader and --mapping: expected one of them")
    if month:
        try:
            month = values.month(month, "dmy")[0]
        except ValueError:
            raise click.UsageError(f"--month: expected YYYY-MM, got {month!r}") from None
    ledgering.check_currency(currency)
    reader = mapped.mapping(mapping, load_readers().loaded) if mapping else None
    if named:
        reader = ledgering.load(named)  # type: ignore[assignment]
    kept = ledgering.Books.open(books, make=True)
    found = []
    for one in ledgering.keep(kept, statements, currency=currency, month=month, reader=reader, shown=shown):
        found.append(one)
        for line in _lines(one):
            out.say(line)
    refused = sum(1 for one in found if one.statement is None or one.statement.refused)

    def text() -> Iterator[str]:
        new = [one.statement for one in found if one.statement and one.new]
        rows = sum(one.kept for one in new)
        yield (
            f"{len(new)} statements taken, {rows:,} lines; {sum(1 for one in found if one.statement and not one.new)} "
            f"were there before; {sum(1 for one in found if one.statement is None)} files not taken"
        )

    out.result("royalties.import", {"books": str(books), "statements": found}, text)
    if refused:
        sys.exit(3)


@click.command("formats")
@options
def formats(folder: Path, out: Output) -> None:
    """List the formats of statements that can be read, and how well each is known.

    \b
    Example:  onrecord royalties formats
    """
    from onrecord.royalties.ledgering import standings

    found = standings()
    lines = [f"{name:<18} {standing}" for name, standing in found.items()]
    out.result("royalties.formats", {"formats": found}, lambda: iter(lines))


def _lines(one: object) -> Iterator[str]:
    from onrecord.royalties.ledgering import Imported

    assert isinstance(one, Imported)
    statement = one.statement
    if statement is None:
        yield f"{one.name}: not taken: {one.why_not}"
        return
    if not one.new:
        yield f"{one.name}: there before, as {statement.name} ({statement.file[:12]})"
        return
    yield f"{one.name}: {statement.version} ({statement.standing or 'a plug-in'}), {statement.file[:12]}"
    notes = ", ".join(f"{count} {kind}" for kind, count in statement.notes.items())
    yield (
        f"  {statement.text_lines:,} lines of text = {statement.rows:,} rows: {statement.kept:,} kept, "
        f"{statement.pools:,} pools, {statement.refused - statement.beside:,} refused; other: {notes or 'none'}"
    )
    if statement.beside:
        yield f"  {statement.beside:,} more refusals are of no row but of the file as a whole"
    for total in statement.totals:
        yield f"  {total.amount:f} {total.currency} in {total.lines:,} lines, of it {total.refunds:f} taken back"
    if statement.refused:
        unread = (
            f"; {statement.refused_unread:,} of them hold no number there" if statement.refused_unread else ""
        )
        yield f"  {statement.refused_money:f} stands in refused rows{unread}"
    for doubt in statement.doubts:
        yield f"  {doubt}"
    for row in one.refused:
        yield f"  row {row.row}: {row.column or 'the row'}: expected {row.expected}, got {row.got!r}"
    if len(one.refused) < statement.refused:
        more = statement.refused - len(one.refused)
        yield f"  and {more:,} more; `onrecord royalties audit --code A-FILE` gives an id, `trace` shows them all"
