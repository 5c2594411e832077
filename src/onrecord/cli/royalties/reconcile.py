# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties reconcile`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options
from onrecord.cli.royalties.spreadsheet import bare


@click.command("reconcile")
@click.argument("a")
@click.argument("b")
@click.option("--books", default="onrecord-books", show_default=True, type=click.Path(path_type=Path),
              help="The folder of the books.")  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="Show at most this many."
)
@options
def command(a: str, b: str, books: Path, limit: int, folder: Path, out: Output) -> None:
    """Compare two statements of the same sales, A and B: beginnings of their digests, as `import` showed them.

    \b
    Example:  onrecord royalties reconcile 5f2c9a 81d0e3
    """
    from onrecord.royalties.ledgering import Books
    from onrecord.royalties.reconciling import reconcile

    found = reconcile(Books.open(books), a, b)

    def text() -> Iterator[str]:
        for name, one in (("A", found.a), ("B", found.b)):
            money = ", ".join(f"{total.amount:f} {total.currency}" for total in one.totals) or "no money"
            yield f"{name}: {one.name} ({one.file[:12]}): {one.kept:,} lines, {money}"
        for item in found.differences[:limit]:
            about = " / ".join(
                part for part in (item.month, item.service, item.territory, item.track) if part
            )
            if item.lines_b is None:
                yield f"only in A: {about}: {item.quantity_a} uses, {bare(item.amount_a)} {item.currency}  ({item.id})"
            elif item.lines_a is None:
                yield f"only in B: {about}: {item.quantity_b} uses, {bare(item.amount_b)} {item.currency}  ({item.id})"
            else:
                yield (
                    f"otherwise: {about}: A {item.quantity_a} uses, {bare(item.amount_a)}; "
                    f"B {item.quantity_b} uses, {bare(item.amount_b)} {item.currency}  ({item.id})"
                )
        for alike in found.alike:
            yield (
                f"perhaps {alike.a or 'no service'} in A is {alike.b or 'no service'} in B: {alike.tracks:,} of what "
                "only one has are alike in month, track, uses and money"
            )
        yield f"{len(found.differences):,} differences, {min(limit, len(found.differences)):,} shown"

    out.result("royalties.reconcile", found, text)
