# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties listener`"""

import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from onrecord.cli.output import Output, options
from onrecord.cli.royalties.months import MONTH, Month

if TYPE_CHECKING:
    from onrecord.royalties.histories.reading import History
    from onrecord.royalties.listening.report import Report
    from onrecord.royalties.listening.terms import Terms

_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
_PLANS: Final = ("individual", "student", "duo", "family")
_IDLE: Final = ("unpaid", "retain", "carry", "pro_rata_pool")


class Amount(click.ParamType[Decimal]):
    """An exact decimal number of 0 or more."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if isinstance(value, Decimal):
            return value
        if not re.fullmatch(r"\d{1,12}(\.\d{1,12})?", value.strip()):
            self.fail(f"{value!r}: expected a number such as 10.99, of 0 or more", param, ctx)
        return Decimal(value.strip())


class OfMonth(Amount):
    """An amount, or MONTH=AMOUNT."""

    name = "[month=]amount"

    def __init__(self, required: bool = False) -> None:
        self._required = required

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        month, equals, amount = value.rpartition("=")
        if (equals or self._required) and not MONTH.fullmatch(month):
            self.fail(f"{value!r}: expected a month and an amount, such as 2024-05=10.99", param, ctx)
        return month, super().convert(amount, param, ctx)


@click.command("listener")
@click.argument("paths", metavar="EXPORT...", nargs=-1, required=True, type=_FILE)
@click.option(
    "--price",
    "prices",
    multiple=True,
    type=OfMonth(),
    help="What a month costs, the tax included; MONTH=AMOUNT where it changed in that month. May be repeated.",
)
@click.option("--tax-rate", type=Amount(), help="The tax on top of the net price: 0.25 is 25 %.")
@click.option(
    "--rightsholder-share", type=Amount(), help="The part of the net price that reaches rightsholders."
)
@click.option(
    "--plan", type=click.Choice(_PLANS), help="Which plan it is; the price is that of the whole plan."
)
@click.option("--persons", type=click.IntRange(1, 20), help="How many persons share the plan's price.")
@click.option("--country", help="The country of the plan, two letters.")
@click.option(
    "--currency", default="", help="The currency of the price, three letters; for the report's words."
)
@click.option(
    "--idle", type=click.Choice(_IDLE), help="What becomes of the money of months without a counted play."
)
@click.option(
    "--credits",
    type=click.Choice(["as-written", "first", "equal"]),
    default="as-written",
    show_default=True,
    help="Who is paid for a credit of several artists.",
)
@click.option("--rate", type=Amount(), help="What one play would be paid, to set beside the rules.")
@click.option(
    "--unit", type=Amount(), default="0.000001", show_default=True, help="The smallest amount paid."
)
@click.option("--since", type=Month(), help="The first month to look at.")
@click.option("--until", type=Month(), help="The last month to look at.")
@click.option(
    "--market", type=_FILE, help="All plays and the pool by month: a CSV of aggregates, or a Parquet dump."
)
@click.option(
    "--market-pool",
    "pools",
    multiple=True,
    type=OfMonth(required=True),
    help="MONTH=AMOUNT paid for everybody's plays, where the market file does not say. May be repeated.",
)
@click.option("--out", "into", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="Write report.html there, and share.svg and share.png.")  # fmt: skip
@click.option(
    "--show",
    type=click.Choice(["artists", "shares"]),
    default="shares",
    show_default=True,
    help="What the picture to share shows: names of artists, or bare shares.",
)
@options
def command(
    paths: tuple[Path, ...], folder: Path, out: Output, into: Path | None, show: str, market: Path | None,
    pools: tuple[tuple[str, Decimal], ...], **stated: Any,
) -> None:  # fmt: skip
    """Say where a listener's money goes, out of the history that a service gives to its listener.

    EXPORT is a file or zip as it was downloaded, recognised by its shape: Spotify (both), Apple Music, ListenBrainz,
    Last.fm, Libre.fm, Maloja, Pano Scrobbler, .scrobbler.log. Everything happens on this machine; addresses, devices
    and account names are not read. What the history does not say is asked on a terminal, and an option elsewhere.
    Exit code 3 where rows could not be read; they are listed.

    \b
    Example:  onrecord royalties listener my_spotify_data.zip --price 10.99 --plan individual --country SE --out report
    """
    from msgspec import to_builtins

    from onrecord.cli.royalties.listener_pages import page
    from onrecord.cli.royalties.listener_picture import drawn, picture
    from onrecord.durable import replace
    from onrecord.royalties.histories.market import is_dump, read_market
    from onrecord.royalties.histories.reading import read_history
    from onrecord.royalties.listening.books import value
    from onrecord.royalties.listening.terms import span
    from onrecord.royalties.loading import load_models

    history = read_history(paths, with_titles=market is not None and is_dump(market))
    for name in history.unknown:
        out.say(f"no history, left alone: {name}")
    terms = _terms(history, stated, out)
    beside = (
        read_market(market, span(history, terms), dict(pools), played=history.recordings) if market else None
    )
    report = value(history, terms, load_models().loaded, beside)
    written = []
    if into:
        into.mkdir(parents=True, exist_ok=True)
        drawing = picture(report, show)
        replace(into / "report.html", page(report, history).encode())
        replace(into / "share.svg", drawing.encode())
        written = [into / "report.html", into / "share.svg"]
        image = drawn(drawing)
        if image.png:
            replace(into / "share.png", image.png)
            written.append(into / "share.png")
        else:
            (into / "share.png").unlink(missing_ok=True)  # of an earlier run, and of other figures
            out.say(f"no share.png: {image.why}; share.svg says the same")
    refused = sum(file.refused for file in history.files)

    def text() -> Iterator[str]:
        yield from _lines(report, history)
        if into:
            yield f"written: {', '.join(map(str, written))}; what is called share shows {show} alone"

    answer = to_builtins(report) | {
        "files": to_builtins(history.files),
        "refused": to_builtins(history.refused),
    }
    out.result("royalties.listener", answer, text)
    if refused:
        sys.exit(3)


def _terms(history: "History", stated: dict[str, Any], out: Output) -> "Terms":
    """What the listener states; what is missing is asked on a terminal, and refused with its option elsewhere."""
    from msgspec import structs

    from onrecord.errors import UsageError
    from onrecord.royalties.listening.terms import IDLE, SHARED, Terms, idle_months

    asks = sys.stdin.isatty() and not out.json
    missing: list[str] = []

    def asked(option: str, question: str, kind: click.ParamType[Any], default: Any) -> Any:
        if asks:
            return click.prompt(question, type=kind, err=True)
        missing.append(option)
        return default

    prices = stated["prices"] or (
        asked("--price", "What does a month cost, tax included", OfMonth(), ("", 0)),
    )
    tax = stated["tax_rate"]
    tax = (
        asked("--tax-rate", "Tax on top of the net price (0.25 is 25 %)", Amount(), 0) if tax is None else tax
    )
    share = stated["rightsholder_share"]
    if share is None:
        share = asked(
            "--rightsholder-share", "Part of the net price for rightsholders (0.7 is 70 %)", Amount(), 0
        )
    plan = stated["plan"] or asked("--plan", "Which plan is it", click.Choice(_PLANS), "individual")
    persons = stated["persons"]
    if persons is None:
        how_many = click.IntRange(2, 20)
        persons = asked("--persons", "How many persons share the plan", how_many, 2) if plan in SHARED else 1
    country = stated["country"] or asked("--country", "Which country, two letters", click.STRING, "XX")
    if not re.fullmatch("[A-Za-z]{2}", country):
        raise UsageError(f"country: expected two letters such as SE, got {country[:20]!r}")
    if not re.fullmatch("([A-Za-z]{3})?", stated["currency"]):
        raise UsageError(f"currency: expected three letters such as SEK, got {stated['currency'][:20]!r}")
    if missing:
        raise UsageError(
            f"the history does not say everything: expected also {', '.join(missing)}",
            hint="nothing of it is guessed; on a terminal it is asked",
        )
    terms = Terms(
        prices=tuple(sorted(prices)),
        tax_rate=tax,
        rightsholder_share=share,
        plan=plan,
        persons=persons,
        country=country.upper(),
        currency=stated["currency"].upper(),
        idle=stated["idle"] or "",
        credits=stated["credits"],
        rate=stated["rate"],
        unit=stated["unit"],
        since=stated["since"] or "",
        until=stated["until"] or "",
    )
    if asks and not terms.idle and (months := idle_months(history, terms)):
        for name, meaning in IDLE.items():
            click.echo(f"  {name}: {meaning}", err=True)
        question = f"{len(months)} months have no counted play, such as {months[0]}; what of their money"
        terms = structs.replace(terms, idle=click.prompt(question, type=click.Choice(_IDLE), err=True))
    return terms


def _lines(report: "Report", history: "History") -> Iterator[str]:
    from onrecord.cli.royalties.listener_pages import money, percent
    from onrecord.web.text import count

    for file in history.files:
        yield (
            f"file {file.file}: {file.format}: {file.rows:,} rows: {file.counted:,} counted, {file.short:,} shorter "
            f"than 30 seconds, {file.repeated:,} read before, {sum(file.left_out.values()):,} no music, "
            f"{file.refused:,} refused"
        )
    for row in history.refused:
        column = f" {row.column}" if row.column else ""
        yield f"refused: file {row.file}, row {row.row}:{column} expected {row.expected}, got {row.got}"
    paid = f"{money(report.paid)} {report.currency}".rstrip()
    yield f"{count(len(report.months), 'month')}: {paid} for rightsholders"
    for month in report.months:
        yield (
            f"  {month.month}: {money(month.paid)}, {month.counted:,} plays of {month.artists:,} artists"
            + (f", {month.short:,} too short" if month.short else "")
            + _of_market(month)
        )
    for name, total in report.totals.items():
        yield f"{report.called(name)}: {money(total)} to the artists played"
    for reached in report.reached:
        yield f"{report.called(reached.rule)}: {percent(reached)} of the money reaches those played"
    for artist in report.artists[:10]:
        alone, around = (
            ", ".join(
                f"{rule} {money(amount)}"
                for rule, amount in artist.amounts.items()
                if (rule in report.around) is of_market
            )
            for of_market in (False, True)
        )
        cited = f"; by {report.market.cited}: {around}" if report.market and around else ""
        yield f"  {artist.artist}: {artist.plays} plays: {alone}{cited}"
    for each in report.comparisons:
        gain = sum(
            not change.difference.startswith("-") and Decimal(change.difference) != 0
            for change in each.changes
        )
        lose = sum(change.difference.startswith("-") for change in each.changes)
        yield f"{report.called(each.after, each.before)}: {gain:,} artists gain, {lose:,} lose"
    for unsaid in report.unsaid:
        months = count(unsaid.months, "month")
        yield f"nothing is said of {', '.join(unsaid.rules)} in {months}: missing is {unsaid.missing}"
    yield from report.notes


def _of_market(month: Any) -> str:
    from onrecord.cli.royalties.listener_pages import money

    beside = month.beside
    if beside is None:
        return ""
    brings = f", pro-rata brings {money(beside.brings)}" if beside.brings else ""
    reaches = (
        f", and {money(beside.reaches)} of the money reach those played" if beside.reaches is not None else ""
    )
    return f"{brings}{reaches} ({beside.market})"
