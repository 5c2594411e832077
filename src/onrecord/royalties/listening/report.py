# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to a listener. Amounts are decimals as text, exact."""

from msgspec import Struct


class Beside(Struct, frozen=True):
    """A month beside its market: what the listener's plays would bring there, and whom the listener's money reaches.

    `market` names the file, its digest and its months. `reaches` is what pro-rata would give of the money to those
    that the listener played; None where the market names no artists; artists that it does not name add nothing.
    """

    market: str
    plays: int
    pool: str
    brings: str
    reaches: str | None


class MonthRow(Struct, frozen=True):
    """A month. What is paid out under each rule of the listener's own money adds up to `paid` and `carried`; a rate
    a play, and the rules that need a market, say what the plays bring.
    """

    month: str
    paid: str
    carried: str
    counted: int
    short: int
    unverified: int
    artists: int
    models: dict[str, tuple[dict[str, str], ...]]
    beside: Beside | None = None


class ArtistRow(Struct, frozen=True):
    artist: str
    plays: str
    amounts: dict[str, str]


class Change(Struct, frozen=True):
    """An artist under one rule instead of another; in the months that both rules cover."""

    artist: str
    before: str
    after: str
    difference: str


class Comparison(Struct, frozen=True):
    """What moving from one rule to another does, largest gains first."""

    before: str
    after: str
    changes: tuple[Change, ...]


class Reached(Struct, frozen=True):
    """What of the listener's money reaches those that the listener plays; in the `months` for which it is known."""

    rule: str
    amount: str
    money: str
    months: int


class Unsaid(Struct, frozen=True):
    """Rules under which nothing is said of so many months with plays, and what is missing for them."""

    rules: tuple[str, ...]
    missing: str
    months: int


class MarketUsed(Struct, frozen=True):
    """The file that figures rest on; `cited` is how each of them names it."""

    name: str
    sha256: str
    first: str
    last: str
    cited: str


class Report(Struct, frozen=True):
    """`totals` says what reaches artists under each rule, `around` which of the rules rest on the market; `left` is
    what no month was left to carry to.
    """

    service: str
    currency: str
    country: str
    months: tuple[MonthRow, ...]
    artists: tuple[ArtistRow, ...]
    totals: dict[str, str]
    paid: str
    left: str
    comparisons: tuple[Comparison, ...]
    reached: tuple[Reached, ...]
    unsaid: tuple[Unsaid, ...]
    notes: tuple[str, ...]
    around: tuple[str, ...] = ()
    market: MarketUsed | None = None

    def called(self, rule: str, instead: str = "") -> str:
        """A rule, or one instead of another, with the market that its figures rest on."""
        words = f"{rule} instead of {instead}" if instead else rule
        return (
            f"{words} ({self.market.cited})" if self.market and {rule, instead} & set(self.around) else words
        )
