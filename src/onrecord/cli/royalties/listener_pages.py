# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listener's report as a page that stands for itself. No script, no address; charts are SVG, words are text."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from onrecord.web.text import clip, number, plain

if TYPE_CHECKING:
    from onrecord.royalties.histories.reading import History
    from onrecord.royalties.listening.report import Comparison, MonthRow, Reached, Report

_HERE: Final = Path(__file__).parents[1]
_TEMPLATES: Final = _HERE / "templates"
#: The look of the web page is the look of this one.
_TOKENS: Final = _HERE.parent / "web" / "static" / "tokens.css"
_CENT: Final = Decimal("0.01")
#: Artists that a chart shows, those with a color of their own in the months, and labels below the months.
_SHOWN: Final = 12
_COLORED: Final = 4
_LABELS: Final = 6
_MAIN: Final = "user-centric"


class Bar(Struct, frozen=True):
    """A bar of a chart: `length` of 100, `back` where it points the other way."""

    label: str
    said: str
    length: float
    back: bool = False


class Chart(Struct, frozen=True):
    title: str
    bars: tuple[Bar, ...]


class Part(Struct, frozen=True):
    """A piece of a column: from `top`, `height` of 100; `color` is its place among those of the chart."""

    top: float
    height: float
    color: int


class Column(Struct, frozen=True):
    said: str
    parts: tuple[Part, ...]


class Months(Struct, frozen=True):
    """Columns beside each other, one a month; `legend` is (color, name), `labels` (percent from the left, words)."""

    title: str
    most: str
    columns: tuple[Column, ...]
    legend: tuple[tuple[int, str], ...]
    labels: tuple[tuple[float, str], ...]


def page(report: "Report", history: "History") -> str:
    return render(
        "listener.html",
        report=report,
        history=history,
        tokens=_tokens(),
        months=_by_month(report),
        reaching=_reaching(report),
        reached=[
            Bar(report.called(each.rule), percent(each), float(percent(each).split()[0]))
            for each in report.reached
        ],
        charts=[_by_artist(report, name) for name in report.totals],
        gains=[_of_change(comparison, report) for comparison in report.comparisons],
        counts=_counts(report),
        shown=100,
    )


def money(amount: str) -> str:
    """An amount for reading, to the hundredth; the exact one is in the JSON."""
    value = Decimal(amount)
    rounded = value.quantize(_CENT, ROUND_HALF_EVEN)
    if not rounded and value:
        return "less than 0.01" if value > 0 else "more than -0.01"
    return f"{rounded:,.2f}"


def percent(reached: "Reached") -> str:
    whole = Decimal(reached.money)
    return f"{100 * Decimal(reached.amount) / whole:.1f} %" if whole else "0.0 %"


def render(template: str, **values: object) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def inert(value: object) -> object:
        return clip(value) if type(value) is str else value

    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=inert,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"number": number, "plain": plain, "money": money}
    if "tokens" in values:
        # Our own file, and no text from outside.
        values["tokens"] = Markup(values["tokens"])
    return templates.get_template(template).render(**values)


def _tokens() -> str:
    """The declarations of the web page's colors and sizes, without the comment above them."""
    return _TOKENS.read_text(encoding="utf-8").partition("*/")[2].strip()


def _counts(report: "Report") -> dict[str, int]:
    """How many artists gain and lose, by comparison, of those that change at all."""
    found = {}
    for place, each in enumerate(report.comparisons):
        differences = [Decimal(change.difference) for change in each.changes]
        found[f"gain{place}"] = sum(amount > 0 for amount in differences)
        found[f"lose{place}"] = sum(amount < 0 for amount in differences)
    return found


def _by_month(report: "Report") -> Months:
    """What was paid, by whom it goes to under user-centric: the largest by name, the others, and nobody."""
    largest = [
        row.artist
        for row in sorted(
            report.artists, key=lambda row: (-Decimal(row.amounts.get(_MAIN, "0")), row.artist)
        )[:_COLORED]
    ]
    sums = [_shares(month, largest) for month in report.months]
    most = max(map(sum, sums), default=Decimal(0)) or Decimal(1)
    legend = list(enumerate(largest))
    if len(report.artists) > len(largest):
        legend.append((_COLORED, "everybody else"))
    if any(amounts[-1] for amounts in sums):
        legend.append((_COLORED + 1, "nobody: no counted play"))
    colors = [*range(len(largest)), _COLORED, _COLORED + 1]
    columns = tuple(
        Column(
            f"{month.month}: {money(str(sum(amounts)))}, {number(month.counted)} plays of "
            f"{number(month.artists)} artists",
            _stacked(amounts, most, colors),
        )
        for month, amounts in zip(report.months, sums, strict=True)
    )
    return Months(
        "Each month's money, by whom it goes to", money(str(most)), columns, tuple(legend), _labels(report)
    )


def _shares(month: "MonthRow", largest: Sequence[str]) -> list[Decimal]:
    """What goes to each of the largest, to others, and to nobody."""
    by: Mapping[str, Decimal] = {
        payout["payee"]: Decimal(payout["amount"]) for payout in month.models.get(_MAIN, ())
    }
    named = [by.get(artist, Decimal(0)) for artist in largest]
    nobody = by.get("", Decimal(0))
    return [*named, sum(by.values(), Decimal(0)) - sum(named) - nobody, nobody]


def _stacked(amounts: Sequence[Decimal], most: Decimal, colors: Sequence[int]) -> tuple[Part, ...]:
    parts, below = [], Decimal(0)
    for amount, color in zip(amounts, colors, strict=True):
        if amount:
            below += amount
            parts.append(
                Part(round(float(100 - 100 * below / most), 2), round(float(100 * amount / most), 2), color)
            )
    return tuple(parts)


def _reaching(report: "Report") -> Months | None:
    """Of each month's money, the part that pro-rata lets reach those played, where a market says so."""
    if not any(month.beside and month.beside.reaches is not None for month in report.months):
        return None
    columns = []
    for month in report.months:
        whole = Decimal(month.paid) + Decimal(month.carried)
        if month.beside is None or month.beside.reaches is None or not whole:
            columns.append(Column(f"{month.month}: not known", ()))
            continue
        part = 100 * Decimal(month.beside.reaches) / whole
        said = f"{month.month}: {part:.1f} % ({money(month.beside.reaches)})"
        columns.append(Column(said, (Part(round(float(100 - part), 2), round(float(part), 2), 0),)))
    title = f"Of each month's money, what reaches those played under {report.called('pro-rata')}"
    return Months(title, "100 %", tuple(columns), (), _labels(report))


def _labels(report: "Report") -> tuple[tuple[float, str], ...]:
    """Months below the columns, or years where there are many; never more than fit on a narrow screen."""
    names = [month.month for month in report.months]
    places = list(range(len(names)))
    if len(names) > 18:
        places = [at for at in places if names[at].endswith("-01")]
        names = [name[:4] for name in names]
    step = -(-len(places) // _LABELS)
    return tuple((round(100 * at / len(names), 2), names[at]) for at in places[::step])


def _by_artist(report: "Report", rule: str) -> Chart:
    rows = [(Decimal(row.amounts[rule]), row.artist) for row in report.artists if rule in row.amounts]
    rows.sort(key=lambda row: (-row[0], row[1]))
    most = rows[0][0] if rows and rows[0][0] else Decimal(1)
    bars = (
        Bar(artist, money(str(amount)), round(float(100 * amount / most), 2))
        for amount, artist in rows[:_SHOWN]
    )
    return Chart(report.called(rule), tuple(bars))


def _of_change(comparison: "Comparison", report: "Report") -> Chart:
    changes = [(Decimal(change.difference), change.artist) for change in comparison.changes]
    gaining = [row for row in changes if row[0] > 0][:_SHOWN]
    losing = [row for row in changes if row[0] < 0][-_SHOWN:]
    most = max((abs(row[0]) for row in [*gaining, *losing]), default=Decimal(1))
    bars = (
        Bar(
            artist,
            money(str(change)) if change < 0 else f"+{money(str(change))}",
            round(float(50 * abs(change) / most), 2),
            change < 0,
        )
        for change, artist in [*gaining, *losing]
    )
    return Chart(report.called(comparison.after, comparison.before), tuple(bars))
