# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties compare`"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from onrecord.cli.output import Output, options
from onrecord.cli.royalties.asking import as_options, cluster, engine, plays_and_money, refused_lines
from onrecord.cli.royalties.spreadsheet import cell

if TYPE_CHECKING:
    from onrecord.royalties.comparison import Comparison


@click.command("compare")
@plays_and_money
@click.option(
    "--baseline",
    default="",
    metavar="NAME",
    help="The model that others stand beside (default pro-rata, or the first).",
)
@click.option(
    "--bootstrap",
    type=click.IntRange(0, 10_000),
    default=0,
    show_default=True,
    metavar="N",
    help="Draw the listeners anew N times, for intervals; costs N runs.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the draws.")
@click.option(
    "--out",
    "place",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write result.json, payouts.csv and each pool's payouts there.",
)
@options
def command(
    plays: Path,
    place: Path | None,
    memory: str,
    temp: Path | None,
    folder: Path,
    out: Output,
    **asked: Any,
) -> None:  # fmt: skip
    """Split the money of PLAYS by several rules, and say who wins, who loses, and how much moves.

    PLAYS is CSV or Parquet (or a folder of Parquet files) with the columns listener, artist (or recording) and plays;
    it may have seconds, engaged, service, month (YYYY-MM), territory, tier and right. Each service, month, territory,
    tier and right is a pool of its own. Every payout is whole in --unit and all add up to the pool. Rows that cannot be
    counted are listed with their number and the reason (the first 1,000; all are counted), and the exit code is then 3.
    The same plays, options and version give the same bytes. With `[engine] kind = "spark"` in the archive's settings
    the plays are counted there; --temp must then name a folder that the cluster reaches.

    \b
    Models: pro-rata, user-centric, fan-powered, shapley, probabilistic, weighted, hybrid, threshold, artist-centric,
    and installed plug-ins. Their options and sources: docs/royalties/models.md

    \b
    Example:  onrecord royalties compare plays.parquet --model pro-rata --model user-centric --fee 6.99
    """
    from onrecord.royalties.comparing import compare

    request = as_options(**asked)
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
    with engine(memory, temp) as (duck, spill), cluster(folder, spill) as spark:
        found = compare(plays, request, duck, spill, place, spark)
    if place is not None:
        _write(place, found)
        out.say(f"wrote {place}")

    def text() -> Iterator[str]:
        yield from _lines(found)
        yield from refused_lines(found.rows.listed, found.rows.refused)

    out.result("royalties.compare", found, text)
    if found.rows.refused:
        sys.exit(3)


def _lines(comparison: "Comparison") -> Iterator[str]:
    rows = comparison.rows
    yield f"{rows.read:,} rows read: {rows.kept:,} kept, {rows.refused:,} refused"
    yield f"{len(comparison.pools):,} pools, {comparison.total} in all"
    yield comparison.popularity.sentence
    for name, outcome in comparison.models.items():
        parts = outcome.concentration
        yield (
            f"{name}: {outcome.paid} to {outcome.payees:,} payees; Gini {parts.gini}, top 10 {parts.top_10}, "
            f"top 1 % {parts.top_1_percent}"
        )
        for nobody in outcome.nobody:
            yield f"  to nobody: {nobody.amount} ({nobody.reason})"
        if outcome.change:
            told = outcome.change
            yield (
                f"  beside {comparison.baseline}: {told.winners:,} win, {told.losers:,} lose, {told.unchanged:,} stay; "
                f"{told.moved} moved ({told.moved_share}); top 10 {told.top_10}"
            )
        for key, interval in outcome.intervals.items():
            yield f"  {key}: {interval.low} to {interval.high} in 95 % of {interval.draws} draws"
    for note in comparison.record.notes:
        yield f"note: {note}"


def _write(place: Path, found: "Comparison") -> None:
    import csv
    import io

    from onrecord.durable import replace

    replace(
        place / "result.json",
        msgspec.json.format(msgspec.json.encode(found, order="sorted"), indent=1) + b"\n",
    )
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["payee", *found.models])
    payees = sorted({payee for outcome in found.models.values() for payee in outcome.payouts})
    for payee in payees:
        writer.writerow(
            [cell(payee), *(outcome.payouts.get(payee, "0") for outcome in found.models.values())]
        )
    replace(place / "payouts.csv", table.getvalue().encode())
