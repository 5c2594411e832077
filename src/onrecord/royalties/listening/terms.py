# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a history does not say, as the listener states it: the price, the plan, and what of it reaches rightsholders."""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from msgspec import Struct

from onrecord.errors import UsageError
from onrecord.royalties.histories.reading import History

PLANS: Final = ("individual", "student", "duo", "family")
SHARED: Final = ("duo", "family")
CREDITS: Final = ("as-written", "first", "equal")
IDLE: Final = {
    "unpaid": "nothing was paid in it",
    "retain": "the service keeps the money",
    "carry": "the money waits for the next month with plays",
    "pro_rata_pool": "the money is split by everybody's plays",
}


class Terms(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a history does not say, as the listener states it.

    prices              (first month, price a month), the tax included; where the first names no month it holds from the
                        beginning, else nothing is known of the months before
    tax_rate            0.25 where the price holds 25 % on top of the net price
    rightsholder_share  the part of the net price that goes to who made the music
    persons             how many share a plan; each is taken to pay the same part
    idle                what becomes of the money of months without a counted play: one of IDLE
    credits             who is paid for a credit of several: one of CREDITS
    rate                what one play would be paid, None where none is stated
    unit                the smallest amount that is paid
    """

    prices: tuple[tuple[str, Decimal], ...]
    tax_rate: Decimal
    rightsholder_share: Decimal
    plan: str
    country: str
    persons: int = 1
    currency: str = ""
    idle: str = ""
    credits: str = "as-written"
    rate: Decimal | None = None
    unit: Decimal = Decimal("0.000001")
    since: str = ""
    until: str = ""


def fee(terms: Terms, month: str) -> int:
    """What of a month's price reaches rightsholders, for this listener, in units; half a unit goes to the even one."""
    price = terms.prices[0][1]
    for since, amount in terms.prices:
        if since <= month:
            price = amount
    net = (
        Fraction(price) / (1 + Fraction(terms.tax_rate)) * Fraction(terms.rightsholder_share) / terms.persons
    )
    return round(net / Fraction(terms.unit))


def span(history: History, terms: Terms) -> tuple[str, ...]:
    """Every month from the first that was listened in to the last, or those that the terms state."""
    known = sorted(month for month in set(history.months) | set(history.short))
    first, last = terms.since or known[0], terms.until or known[-1]
    if first > last:
        raise UsageError(f"months: expected the first not after the last, got {first} to {last}")
    found = []
    while first <= last:
        found.append(first)
        year, month = int(first[:4]), int(first[5:])
        first = f"{year + month // 12:04}-{month % 12 + 1:02}"
    return tuple(found)


def idle_months(history: History, terms: Terms) -> tuple[str, ...]:
    """Months without a counted play, for which nobody but the listener knows what was paid."""
    return tuple(month for month in span(history, terms) if not history.months.get(month))


def check(history: History, terms: Terms) -> None:
    """Refuses terms that make no sense, and what would have to be guessed."""
    if terms.plan not in PLANS:
        raise UsageError(f"plan: expected one of {', '.join(PLANS)}, got {terms.plan!r}")
    if terms.plan in SHARED and terms.persons < 2:
        raise UsageError(
            f"persons: expected how many share the {terms.plan} plan, 2 or more, got {terms.persons}"
        )
    if terms.plan not in SHARED and terms.persons != 1:
        raise UsageError(f"persons: a plan called {terms.plan} is one person's, got {terms.persons}")
    if not terms.prices or any(price < 0 for _, price in terms.prices):
        raise UsageError("price: expected at least one, of 0 or more")
    if not 0 <= terms.tax_rate <= 1 or not 0 <= terms.rightsholder_share <= 1:
        raise UsageError(
            "tax rate and rightsholder share: expected fractions, of 0 to 1, got "
            f"{terms.tax_rate} and {terms.rightsholder_share}",
            hint="0.25 is 25 %",
        )
    if terms.unit <= 0 or (terms.rate is not None and (terms.rate < 0 or terms.rate % terms.unit)):
        raise UsageError(f"rate: expected a multiple of the unit {terms.unit:f}, 0 or more, got {terms.rate}")
    if not any(history.months.values()):
        raise UsageError(
            f"the history has no play that counts: there is nothing to pay for{_why_none(history)}"
        )
    if (first := span(history, terms)[0]) < terms.prices[0][0]:
        raise UsageError(
            f"price: expected also what a month cost from {first} on, before {terms.prices[0][0]}",
            hint=f"--price {first}=AMOUNT, or 0 where nothing was paid yet",
        )
    if (idle := idle_months(history, terms)) and terms.idle not in IDLE:
        choices = "; ".join(f"{name}: {meaning}" for name, meaning in IDLE.items())
        raise UsageError(
            f"months without a counted play ({', '.join(idle[:6])}{' …' if len(idle) > 6 else ''}): expected --idle "
            f"with one of {', '.join(IDLE)}",
            hint=choices,
        )


def _why_none(history: History) -> str:
    """What became of the rows instead, and the first that was refused."""
    files = history.files
    told = (
        f"; of {sum(file.rows for file in files):,} rows, {sum(file.short for file in files):,} are shorter than 30 "
        f"seconds, {sum(sum(file.left_out.values()) for file in files):,} are no music, "
        f"{sum(file.refused for file in files):,} were refused"
    )
    for row in history.refused[:1]:
        told += f", such as row {row.row} of file {row.file}: expected {row.expected}, got {row.got}"
    return told
