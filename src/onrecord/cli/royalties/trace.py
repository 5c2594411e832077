# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties trace`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options
from onrecord.cli.royalties.spreadsheet import bare


@click.command("trace")
@click.argument("figure")
@click.option("--books", default="onrecord-books", show_default=True, type=click.Path(path_type=Path),
              help="The folder of the books.")  # fmt: skip
@click.option("--of", "result", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="RESULT",
              help="A result of `compare`; FIGURE is then a payee.")  # fmt: skip
@click.option("--plays", type=click.Path(exists=True, path_type=Path), help="The plays that were compared.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="Show at most this many rows.",
)
@options
def command(
    figure: str, books: Path, result: Path | None, plays: Path | None, limit: int, folder: Path, out: Output
) -> None:
    """Follow FIGURE, the id of a number that `report`, `audit`, `splits` or `reconcile` printed, to its files and rows.

    What `compare` pays a payee is followed to the rows of the plays: with the payee's name as FIGURE, the result that
    `compare --out` wrote, and the same plays.

    \b
    Example:  onrecord royalties trace rate-1f0c2b9d8e7a
              onrecord royalties trace "An artist" --of run/result.json --plays plays.parquet
    """
    if (result is None) != (plays is None):
        raise click.UsageError("--of and --plays: expected both, or none of them")
    if result is not None and plays is not None:
        _payee(figure, result, plays, limit, out)
        return
    from onrecord.royalties.ledgering import Books
    from onrecord.royalties.tracing import trace

    found = trace(Books.open(books), figure, limit)

    def text() -> Iterator[str]:
        yield found.figure.sentence
        for row in found.rows:
            yield f"row {row.row} of {row.name} ({row.file[:12]}): {bare(row.amount)} for {row.quantity} uses"
            yield "  " + ", ".join(f"{name}={cell}" for name, cell in row.cells if cell)
        money = f"{bare(found.amount)} {found.figure.currency}" if found.amount is not None else "no money"
        yield f"{found.lines:,} rows, {len(found.rows):,} shown: {money}, {found.quantity:,} uses"
        if not found.same:
            yield "not what the figure said: statements were added since; run its command again"

    out.result("royalties.trace", found, text)


def _payee(payee: str, result: Path, plays: Path, limit: int, out: Output) -> None:
    from onrecord.cli.royalties.asking import engine
    from onrecord.royalties.tracing_plays import trace_payee

    with engine("2GB", None) as (duck, spill):
        found = trace_payee(result, plays, payee, duck, spill, limit)

    def text() -> Iterator[str]:
        for model, amount in found.payouts.items():
            yield f"{model}: {amount}"
        for row in found.shown:
            yield f"row {row.row} of {row.file}: " + ", ".join(
                f"{name}={cell}" for name, cell in row.cells.items()
            )
        yield (
            f"{found.rows:,} rows, {len(found.shown):,} shown: {found.plays:,} plays of {found.listeners:,} listeners; "
            f"{found.refused:,} rows of the plays were refused and not counted"
        )

    out.result("royalties.trace-payee", found, text)
