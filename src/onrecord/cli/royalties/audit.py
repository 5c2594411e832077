# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties audit`"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click

from onrecord.cli.output import Output, options
from onrecord.cli.royalties.months import Month


@click.command("audit")
@click.option("--books", default="onrecord-books", show_default=True, type=click.Path(path_type=Path),
              help="The folder of the books.")  # fmt: skip
@click.option("--lag", type=click.IntRange(0, 60), default=3, show_default=True, metavar="MONTHS",
              help="Between use and report, that is normal.")  # fmt: skip
@click.option(
    "--until",
    default="",
    type=Month(),
    metavar="YYYY-MM",
    help="The month that is now. [default: the newest report]",
)
@click.option(
    "--fall", default="30", show_default=True, metavar="PERCENT", help="So much less a use is a sudden fall."
)
@click.option(
    "--uses", type=click.IntRange(1), default=1000, show_default=True, help="Fewer are too few to compare."
)
@click.option("--threshold", type=click.IntRange(0), default=1000, show_default=True,
              help="Uses in a year under which a track is listed.")  # fmt: skip
@click.option("--rates", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Exchange rates to compare with: CSV of month,from,to,rate.")  # fmt: skip
@click.option(
    "--rate-off", default="2", show_default=True, metavar="PERCENT", help="How far off the table is told."
)
@click.option("--isrcs", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A file of ISRCs that should be reported.")  # fmt: skip
@click.option(
    "--code", "codes", multiple=True, metavar="CODE", help="Only findings of this kind; again for more."
)
@options
def command(
    books: Path,
    lag: int,
    until: str,
    fall: str,
    uses: int,
    threshold: int,
    rates: Path | None,
    rate_off: str,
    isrcs: Path | None,
    codes: tuple[str, ...],
    folder: Path,
    out: Output,
) -> None:
    """Find what you may want to ask about: missing months, falling rates, numbers that do not add up, refunds,
    duplicates, exchange rates, pools. Each finding has its rows; none is a verdict.

    \b
    Example:  onrecord royalties audit --rates ecb.csv --isrcs catalog.txt
    """
    from onrecord.royalties import auditing
    from onrecord.royalties.ledgering import Books

    if unknown := sorted(set(codes) - set(auditing.CODES)):
        raise click.UsageError(
            f"--code: expected one of {', '.join(auditing.CODES)}, got {', '.join(unknown)}"
        )
    asked = auditing.Asked(
        lag=lag,
        until=until,
        fall=_percent("--fall", fall),
        uses=uses,
        threshold=threshold,
        rates=rates,
        rate_off=_percent("--rate-off", rate_off),
        isrcs=isrcs,
    )
    found = auditing.audit(Books.open(books), asked)
    shown = [one for one in found if not codes or one.code in codes]

    def text() -> Iterator[str]:
        for one in shown:
            yield f"{one.code}: {one.sentence}  ({one.id})"
            if one.places:
                first = one.places[0]
                more = f" and {one.lines - 1:,} more" if one.lines > 1 else ""
                yield f"  row {first.row} of {first.file[:12]}{more}"
            elif one.lines:
                yield f"  {one.lines:,} rows: `onrecord royalties trace {one.id}` shows them"
        yield f"{len(shown):,} findings; each is a question, not a verdict"

    out.result("royalties.audit", {"findings": shown}, text)


def _percent(option: str, words: str) -> Decimal:
    try:
        value = Decimal(words.removesuffix("%"))
    except InvalidOperation:
        value = Decimal(-1)
    if not (value.is_finite() and 0 <= value <= 1000):
        raise click.UsageError(f"{option}: expected percent such as 30, got {words!r}")
    return value
