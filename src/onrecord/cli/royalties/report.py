# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties report`"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import click

from onrecord.cli.output import Output, options
from onrecord.cli.royalties.months import Month, check_span
from onrecord.cli.royalties.spreadsheet import bare


@click.command("report")
@click.option("--books", default="onrecord-books", show_default=True, type=click.Path(path_type=Path),
              help="The folder of the books.")  # fmt: skip
@click.option("--from", "since", default="", type=Month(), metavar="YYYY-MM", help="The first month of use.")
@click.option("--until", default="", type=Month(), metavar="YYYY-MM", help="The last month of use.")
@options
def command(books: Path, since: str, until: str, folder: Path, out: Output) -> None:
    """Show what a use brought, by service, country, tier and month, with the lines that brought least and most.

    Each figure has an id; `onrecord royalties trace ID` shows its rows.

    \b
    Example:  onrecord royalties report --from 2026-01
    """
    from onrecord.royalties.ledgering import Books
    from onrecord.royalties.reporting import report

    check_span(since, until)
    found = report(Books.open(books), since, until or "9999-99")

    def text() -> Iterator[str]:
        for rate in found.rates:
            about = " / ".join(part for part in (rate.service, rate.territory, rate.tier, rate.month) if part)
            if rate.amount is None:
                yield f"{about}: {rate.quantity:,} uses; the money is in pools  ({rate.id})"
                continue
            spread = f", lines from {short(rate.low)} to {short(rate.high)}" if rate.low is not None else ""
            a_use = f": {short(rate.rate)} a use{spread}" if rate.rate is not None else ""
            taken = f", {rate.refunds} lines taken back" if rate.refunds else ""
            yield (
                f"{about}: {bare(rate.amount)} {rate.currency} for {rate.quantity:,} uses{a_use}{taken}  ({rate.id})"
            )
        for pool in found.pools:
            keys = (pool.service, pool.territory, pool.tier, pool.payee, pool.month)
            about = " / ".join(key for key in keys if key)
            yield (
                f"pool {about}: {short(pool.own_rate)} {pool.currency} a use of yours, "
                f"{short(pool.pool_rate)} a use of all  ({pool.id})"
            )
        for total in found.totals:
            yield f"{bare(total.amount)} {total.currency} in {total.lines:,} lines  ({total.id})"

    out.result("royalties.report", found, text)


def short(value: Decimal | None) -> str:
    """A rate for a person: six digits that count."""
    return "unknown" if value is None else bare(Decimal(f"{value:.6g}"))
