# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties publish-aggregates`"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import click

from onrecord.cli.output import Output, options
from onrecord.cli.royalties.listener import Amount

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_NEW = click.Path(path_type=Path, dir_okay=False)


@click.command("publish-aggregates")
@click.argument("plays", type=_FILE)
@click.option("--epsilon", type=Amount(), required=True, help="What this release spends, at most 1.")
@click.option(
    "--delta", type=Amount(), default="0.000001", show_default=True, help="What its threshold spends."
)
@click.option("--budget", type=_NEW, required=True, help="The ledger of all releases out of these plays.")
@click.option(
    "--total-epsilon", type=Amount(), help="What all releases may ever spend; stated once, with a new ledger."
)
@click.option(
    "--out", "into", type=_NEW, required=True, help="The CSV to write; FILE.how.json says how it was made."
)
@click.option(
    "--artists",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="Artists that count of a listener's month: those played most.",
)
@click.option(
    "--plays-each",
    type=click.IntRange(1, 10_000),
    default=30,
    show_default=True,
    help="Plays that count of each of them.",
)
@options
def command(
    plays: Path, epsilon: Decimal, delta: Decimal, budget: Path, total_epsilon: Decimal | None, into: Path,
    artists: int, plays_each: int, folder: Path, out: Output,
) -> None:  # fmt: skip
    """Publish how often artists were played, so that nobody's month can be recognised in it.

    PLAYS is CSV or Parquet with the columns listener, month (YYYY-MM), artist and plays. Each listener's month is
    bounded, artists of few listeners are left out, and OpenDP adds noise. What is spent is written to the ledger before
    anything is published, and a release beyond the total is refused.

    \b
    Example:  onrecord royalties publish-aggregates plays.parquet --epsilon 1 --budget budget.json --out plays.csv
    """
    import datetime as dt

    from onrecord.durable import replace
    from onrecord.errors import UsageError
    from onrecord.royalties.privacy import Bounds, Guarantee, bounded_counts, check, library, release
    from onrecord.royalties.privacy_budget import spend

    bounds = Bounds(artists=artists, plays=plays_each)
    guarantee = Guarantee(epsilon=epsilon, delta=delta)
    check(bounds, guarantee)
    if into.exists():
        raise UsageError(f"{into}: is there already: expected a new file", hint="a release is not made twice")
    if not into.parent.is_dir():
        # Before the budget is spent: that is never given back.
        raise UsageError(f"{into.parent}: no such folder: expected one to write {into.name} to")
    library()
    counts = bounded_counts(plays, bounds)
    left = spend(budget, guarantee, bounds, into.name, dt.datetime.now(dt.UTC).date(), total_epsilon)
    made = release(counts, bounds, guarantee)
    replace(into, made.csv().encode())
    replace(into.with_name(into.name + ".how.json"), made.how().encode())

    def text() -> Iterator[str]:
        yield f"{into}: {len(made.counts):,} counts of artists with {made.threshold:,} or more listeners, with noise"
        if not made.counts:
            yield "no artist has so many; fewer --artists or a larger --epsilon lower it"
        yield f"{budget}: epsilon {left.left} of {left.total_epsilon} is left"

    answer = {
        "out": str(into),
        "counts": len(made.counts),
        "threshold": made.threshold,
        "epsilon": str(epsilon),
        "delta": str(delta),
        "left": str(left.left),
    }
    out.result("royalties.publish-aggregates", answer, text)
