# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties trace`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("trace")
@click.argument("figure")
@click.option("--books", default="onrecord-books", show_default=True, type=click.Path(path_type=Path),
              help="The folder of the books.")  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="Show at most this many rows."
)
@options
def command(figure: str, books: Path, limit: int, folder: Path, out: Output) -> None:
    """Follow FIGURE, the id of a number that `report`, `audit` or `splits` printed, to its files and rows.

    \b
    Example:  onrecord royalties trace rate-1f0c2b9d8e7a
    """
    from onrecord.royalties.ledgering import Books
    from onrecord.royalties.tracing import trace

    found = trace(Books.open(books), figure, limit)

    def text() -> Iterator[str]:
        yield found.figure.sentence
        for row in found.rows:
            yield f"row {row.row} of {row.name} ({row.file[:12]}): {row.amount} for {row.quantity} uses"
            yield "  " + ", ".join(f"{name}={cell}" for name, cell in row.cells if cell)
        money = f"{found.amount:f} {found.figure.currency}" if found.amount is not None else "no money"
        yield f"{found.lines:,} rows, {len(found.rows):,} shown: {money}, {found.quantity:,} uses"
        if not found.same:
            yield "not what the figure said: statements were added since; run its command again"

    out.result("royalties.trace", found, text)
