# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listener's report as a page that stands for itself, and the picture to share. No script, no address."""

from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from onrecord.web.text import clip, number, plain

if TYPE_CHECKING:
    from onrecord.royalties.histories.reading import History
    from onrecord.royalties.listening import Comparison, Report

_TEMPLATES: Final = Path(__file__).parents[1] / "templates"
_CENT: Final = Decimal("0.01")
#: Artists that a chart shows, and bars of the picture to share.
_SHOWN: Final = 15
_SHARED: Final = 8


class Bar(Struct, frozen=True):
    """A bar of a chart: `length` of 100, `back` where it points the other way."""

    label: str
    said: str
    length: float
    back: bool = False


class Chart(Struct, frozen=True):
    title: str
    bars: tuple[Bar, ...]


def page(report: "Report", history: "History") -> str:
    charts = [_by_month(report), *(_by_artist(report, name) for name in report.totals)]
    gains = [_of_change(comparison, report.market) for comparison in report.comparisons]
    return _render("listener.html", report=report, history=history, charts=charts, gains=gains, shown=100)


def picture(report: "Report", show: str) -> str:
    """Shares under user-centric, the largest first: with `shares` not even names, never an amount or a month."""
    amounts = sorted(
        ((Decimal(row.amounts.get("user-centric", "0")), row.artist) for row in report.artists),
        key=lambda row: (-row[0], row[1]),
    )
    total = sum(amount for amount, _ in amounts) or Decimal(1)
    bars = [
        Bar(
            plain(artist)[:40] if show == "artists" else f"No. {place}",
            _percent(amount / total),
            float(amount / total),
        )
        for place, (amount, artist) in enumerate(amounts[:_SHARED], 1)
    ]
    rest = sum(amount for amount, _ in amounts[_SHARED:]) / total
    if rest:
        bars.append(Bar("everybody else", _percent(rest), float(rest)))
    largest = max((bar.length for bar in bars), default=1) or 1
    scaled = [Bar(bar.label, bar.said, round(100 * bar.length / largest, 2)) for bar in bars]
    return _render("listener_share.svg", bars=scaled)


def money(amount: str) -> str:
    """An amount for reading, to the hundredth; the exact one is in the JSON."""
    value = Decimal(amount)
    rounded = value.quantize(_CENT, ROUND_HALF_EVEN)
    if not rounded and value:
        return "less than 0.01" if value > 0 else "more than -0.01"
    return f"{rounded:,.2f}"


def called(rule: str, market: str) -> str:
    """A rule with the market that its figures rest on."""
    return f"{rule} ({market})" if rule == "pro-rata" else rule


def _by_month(report: "Report") -> Chart:
    most = max(month.counted for month in report.months) or 1
    bars = (
        Bar(
            month.month, f"{month.counted:,} plays, {money(month.paid)}", round(100 * month.counted / most, 2)
        )
        for month in report.months
    )
    return Chart("Plays that count, and what was paid, by month", tuple(bars))


def _by_artist(report: "Report", rule: str) -> Chart:
    rows = [(Decimal(row.amounts[rule]), row.artist) for row in report.artists if rule in row.amounts]
    rows.sort(key=lambda row: (-row[0], row[1]))
    most = rows[0][0] if rows and rows[0][0] else Decimal(1)
    bars = (
        Bar(artist, money(str(amount)), round(float(100 * amount / most), 2))
        for amount, artist in rows[:_SHOWN]
    )
    return Chart(f"{called(rule, report.market)}: those who would get most", tuple(bars))


def _of_change(comparison: "Comparison", market: str) -> Chart:
    changes = [(Decimal(change.difference), change.artist) for change in comparison.changes]
    gaining = [row for row in changes if row[0] > 0][:_SHOWN]
    losing = [row for row in changes if row[0] < 0][-_SHOWN:]
    most = max((abs(row[0]) for row in [*gaining, *losing]), default=Decimal(1))
    bars = (
        Bar(artist, money(str(change)), round(float(50 * abs(change) / most), 2), change < 0)
        for change, artist in [*gaining, *losing]
    )
    return Chart(
        f"{comparison.after} instead of {called(comparison.before, market)}: who gains most, who loses most",
        tuple(bars),
    )


def _percent(share: Decimal) -> str:
    return f"{100 * share:.1f} %"


def _render(template: str, **values: object) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

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
    return templates.get_template(template).render(**values)
