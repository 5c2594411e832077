# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties fraud`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("fraud")
@click.argument("plays", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@click.option(
    "--measure", "measured", is_flag=True, help="Say how often the reasons are right on injected fraud."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Which injected fraud it is.")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="List at most so many accounts."
)
@options
def command(plays: Path | None, measured: bool, seed: int, limit: int, folder: Path, out: Output) -> None:
    """Name accounts that do not listen like a person, with the reasons: something to look at, never a verdict.

    PLAYS is CSV or Parquet, a row a play: listener, artist, track, at (seconds since 1970), seconds (how long it was
    heard). Each reason names what else may cause it.

    \b
    Example:  onrecord royalties fraud plays.parquet
    """
    from onrecord.royalties.fraud import activities, suspects

    if measured == (plays is not None):
        raise click.UsageError("name the PLAYS to look at, or --measure")
    if plays is None:
        _measure(seed, out)
        return
    found = suspects(activities(plays))

    def text() -> Iterator[str]:
        for suspect in found[:limit]:
            yield f"{suspect.listener}:"
            for flag in suspect.flags:
                yield f"  {flag.code}: {flag.sentence} (or else: {flag.or_else})"
        yield f"{len(found):,} accounts with a reason to look, {min(limit, len(found)):,} shown; a reason is no verdict"

    out.result("royalties.fraud", {"accounts": len(found), "suspects": found[:limit]}, text)


def _measure(seed: int, out: Output) -> None:
    import tempfile

    import pyarrow as pa
    import pyarrow.parquet as pq

    from onrecord.royalties.fraud import activities, measure, suspects
    from onrecord.royalties.fraud_injected import FRAUD, MIX, Heard, injected, is_fraud, kind_of

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "injected.parquet"
        columns = list(zip(*injected(seed), strict=True))
        pq.write_table(pa.table(dict(zip(Heard._fields, columns, strict=True))), path)
        found = activities(path)
    suspected = suspects(found)
    rates = measure(suspected, {each.listener for each in found if is_fraud(each.listener)})
    answer = {
        code: {
            "flagged": each.flagged,
            "right": each.right,
            "precision": each.precision,
            "recall": each.recall,
        }
        for code, each in rates.items()
    }
    # How many accounts of a kind have one reason at least, two, three.
    reasons = {kind: [0, 0, 0] for kind in MIX}
    for suspect in suspected:
        for at in range(min(len(suspect.flags), 3)):
            reasons[kind_of(suspect.listener)][at] += 1
    kinds = {
        kind: {"accounts": MIX[kind], "fraud": kind in FRAUD, "one": one, "two": two, "three": three}
        for kind, (one, two, three) in reasons.items()
    }

    def text() -> Iterator[str]:
        for code, each in rates.items():
            yield (
                f"{code}: {each.right:,} of {each.flagged:,} flagged are injected (precision {each.precision:.2f}), "
                f"of {each.fraudulent:,} that are there (recall {each.recall:.2f})"
            )
        for kind, (one, two, three) in reasons.items():
            yield (
                f"{'bots' if kind in FRAUD else 'people'}, {kind}: {one:,} of {MIX[kind]:,} have a reason or more, "
                f"{two:,} two, {three:,} three"
            )
        yield "measured on fraud that we made; real fraud that looks otherwise is not found"

    out.result("royalties.fraud-measured", {"seed": seed, "reasons": answer, "kinds": kinds}, text)
