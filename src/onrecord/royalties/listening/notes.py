# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reader of the figures must know, in sentences."""

from collections.abc import Iterable, Sequence
from typing import Final

from onrecord.royalties.histories.market import Market
from onrecord.royalties.histories.reading import History
from onrecord.royalties.listening.around import ARTIST_CENTRIC, HYBRID, PRO_RATA, THRESHOLD, WEIGHTED
from onrecord.royalties.listening.plays import UNNAMED
from onrecord.royalties.listening.report import MonthRow
from onrecord.royalties.listening.terms import Terms

_PAID: Final = {
    "as-written": "as one, under the text of the credit",
    "first": "to the first name",
    "equal": "in equal parts",
}


def notes(
    history: History, terms: Terms, months: Sequence[MonthRow], market: Market | None
) -> tuple[str, ...]:
    said = [
        f"Of each month's price, {terms.rightsholder_share} after a tax of {terms.tax_rate} is taken to reach "
        "rightsholders, as stated; what a service really pays is in its contracts.",
        *_of_time(history),
        "The history is that of an account: what anybody else played with it is counted as this listener's.",
    ]
    if not terms.currency:
        said.append("No currency was stated: amounts are in that of the price.")
    if len(terms.prices) == 1 and len(months) > 1:
        said.append("One price was stated, and is used for every month.")
    if terms.persons > 1:
        said.append(
            f"{terms.persons} persons share the plan; this listener's part is taken to be the same as the others'."
        )
    unverified = sum(month.unverified for month in months)
    if unverified:
        said.append(
            f"The rule of thirty seconds cannot be checked for {unverified:,} plays: the export does not say how long "
            "they were heard. They count."
        )
    if history.service not in ("Spotify", "Apple Music"):
        said.append(
            "The export may hold plays of several services; all are taken as plays of the one that is paid."
        )
    if any(not credit.names for month in history.months.values() for credit in month):
        said.append(f"Plays whose artist the export does not name stand together under “{UNNAMED}”.")
    if any(len(credit.names) > 1 for month in history.months.values() for credit in month):
        said.append(f"Credits of several artists are paid {_PAID[terms.credits]}.")
    if terms.rate is not None:
        said.append("A rate a play is no rule for a pool: its sums are not what was paid.")
    if market is not None:
        said.extend(_of_market(market, months))
    return tuple(said)


def _of_time(history: History) -> Iterable[str]:
    formats = {file.format for file in history.files}
    if any("Daily Tracks" in name for name in formats):
        yield "Months are those of the days in the export, where the listener was."
    elif any("scrobbler.log" in name for name in formats):
        yield (
            "Months are by the player's own clock, whose time zone its log does not reliably say: plays of a month's "
            "first or last hours may belong to the month beside it."
        )
    else:
        yield (
            "Months are calendar months in UTC: plays around midnight at a month's end may stand in the month beside "
            "the one that the listener's clock showed."
        )


def _of_market(market: Market, months: Sequence[MonthRow]) -> Iterable[str]:
    covered = [month for month in months if month.beside]
    used = {rule for month in covered for rule in month.models}
    yield (
        f"Figures that depend on everybody rest on the market file {market.cited}, taken as the whole market with "
        "this listener in it."
    )
    if PRO_RATA in used and any(not market.months[month.month].currency for month in covered):
        yield f"{market.name} names no currency for some pools: they are taken to be in that of the price."
    if any(of.artists and of.summed for of in market.months.values()):
        yield f"{market.name} states no total: the sum of the artists that it names stands for it."
    if any(of.artists for of in market.months.values()):
        yield "Artists that the market file does not name add nothing to what pro-rata lets reach those played."
    if HYBRID in used:
        yield (
            "Hybrid is half pro-rata and half user-centric. Of the user-centric half, money of others who played "
            "nothing is taken to go to nobody; what this listener carried from earlier months is not in it."
        )
    if WEIGHTED in used:
        yield "Weighted counts a play by one over the square root of how many its listener has."
    if THRESHOLD in used:
        yield (
            "Threshold pays recordings with 1,000 plays in the twelve months up to the month, counted in the market "
            "file: in one that holds a part of a service's plays, too few reach it."
        )
    if ARTIST_CENTRIC in used:
        yield (
            "Artist-centric is without its boost for plays that were asked for, of which no file knows, and its line "
            "of 1,000 plays by 500 listeners is counted in the market file: in one that holds a part of a service's "
            "plays, too few reach it."
        )
