# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a listener's own money does: each month's fee under rules that look at this listener alone, and beside a market.

User-centric and Shapley need nobody else's plays. Pro-rata does: it is said only of months that a market file covers.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Final

from msgspec import Struct

from onrecord.errors import UsageError
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties.apportion import apportion, payouts
from onrecord.royalties.histories.market import Market, MarketMonth
from onrecord.royalties.histories.reading import Credit, History, Tally
from onrecord.royalties.seams import PayoutModel

PLANS: Final = ("individual", "student", "duo", "family")
SHARED: Final = ("duo", "family")
CREDITS: Final = ("as-written", "first", "equal")
IDLE: Final = {
    "unpaid": "nothing was paid in it",
    "retain": "the service keeps the money",
    "carry": "the money waits for the next month with plays",
    "pro_rata_pool": "the money is split by everybody's plays",
}
UNNAMED: Final = "(the export names no artist)"
USER_CENTRIC: Final = "user-centric"
SHAPLEY: Final = "shapley"
FAN_POWERED: Final = "fan-powered"
PRO_RATA: Final = "pro-rata"
RATE: Final = "per-play rate"
_ME: Final = "the listener"
_OTHERS: Final = "\0everybody else"


class Terms(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a history does not say, as the listener states it.

    prices              (first month, price a month), the tax included; the first holds from the beginning
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


class Beside(Struct, frozen=True):
    """A month beside its market: what the listener's plays would bring there, and whom the listener's money reaches.

    `reaches` is None where the market names no artists; artists that it does not name add nothing.
    """

    market: str
    plays: int
    pool: str
    brings: str
    reaches: str | None


class MonthRow(Struct, frozen=True):
    """A month. What is paid out under each rule adds up to `paid` and `carried`, save under a rate a play."""

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


class Report(Struct, frozen=True):
    """Amounts are decimals as text, exact. `totals` says what reaches artists under each rule; `left` is what no month
    was left to carry to.
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
    notes: tuple[str, ...]
    market: str = ""


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


def value(
    history: History, terms: Terms, models: Mapping[str, type[PayoutModel]], market: Market | None = None
) -> Report:
    """Month by month where the money goes. `models` are the installed rules by name."""
    _check(history, terms)
    books = _Books(history, terms, models, market)
    months = tuple(books.month(month) for month in span(history, terms))
    return books.report(months)


class _Plays(Struct, frozen=True):
    """A month's plays by payee, times `scale` so that credits of several are split without a fraction."""

    by_artist: dict[str, int]
    seconds: dict[str, int]
    scale: int
    counted: int
    unverified: int


class _Books:
    """Goes from month to month with what is carried, and sums up by artist."""

    def __init__(
        self, history: History, terms: Terms, models: Mapping[str, type[PayoutModel]], market: Market | None
    ) -> None:
        self._history, self._terms, self._market = history, terms, market
        self._rules = {name: models[name]({"inactive": "retain"}) for name in _rules(history, models)}
        self._pro_rata = models[PRO_RATA]({}) if market else None
        self._carried = 0
        self._paid = 0
        self._plays: dict[str, Fraction] = {}
        self._amounts: dict[str, dict[str, int]] = {}
        self._pairs: dict[tuple[str, str], dict[str, list[int]]] = {}

    def month(self, month: str) -> MonthRow:
        terms = self._terms
        plays = _plays(self._history.months.get(month, {}), terms.credits)
        paid = 0 if not plays.by_artist and terms.idle == "unpaid" else fee(terms, month)
        carried, self._carried = self._carried, 0
        self._paid += paid
        split: dict[str, list[Payout]] = {}
        for name, rule in self._rules.items():
            split[name] = self._split(rule, month, paid + carried, plays)
        if not plays.by_artist and terms.idle == "carry":
            self._carried = paid + carried
        if terms.rate is not None:
            split[RATE] = _at_rate(plays, int(terms.rate / terms.unit))
        beside = self._beside(month, paid + carried, plays, split)
        self._sum(plays, split)
        return MonthRow(
            month=month,
            paid=self._text(paid),
            carried=self._text(carried),
            counted=plays.counted,
            short=self._history.short.get(month, 0),
            unverified=plays.unverified,
            artists=len(plays.by_artist),
            models={name: tuple(map(self._payout, paid_out)) for name, paid_out in split.items()},
            beside=beside,
        )

    def report(self, months: Sequence[MonthRow]) -> Report:
        terms = self._terms
        by_plays = sorted(self._plays, key=lambda artist: (-self._plays[artist], artist))
        artists = tuple(
            ArtistRow(
                artist,
                _decimal(self._plays[artist]),
                {name: self._text(by[artist]) for name, by in self._amounts.items() if artist in by},
            )
            for artist in by_plays
        )
        return Report(
            service=self._history.service,
            currency=terms.currency,
            country=terms.country,
            months=tuple(months),
            artists=artists,
            totals={name: self._text(sum(by.values())) for name, by in self._amounts.items()},
            paid=self._text(self._paid),
            left=self._text(self._carried),
            comparisons=tuple(self._comparison(*pair) for pair in self._pairs),
            notes=_notes(self._history, terms, self._rules, months, self._market),
            market=self._market.name if self._market else "",
        )

    def _split(self, rule: PayoutModel, month: str, amount: int, plays: _Plays) -> list[Payout]:
        if not plays.by_artist:
            why = f"no counted play: {IDLE[self._terms.idle]}"
            return [Payout("", amount, why)] if amount else []
        pool = self._pool(month, amount, ((_ME, amount),))
        return rule.split(
            pool,
            [
                Play(_ME, artist, streams, plays.seconds.get(artist, 0))
                for artist, streams in plays.by_artist.items()
            ],
        )

    def _pool(self, month: str, amount: int, fees: tuple[tuple[str, int], ...] = ()) -> Pool:
        terms = self._terms
        return Pool(
            amount=amount,
            currency=terms.currency,
            month=month,
            territory=terms.country,
            tier=terms.plan,
            fees=fees,
        )

    def _beside(self, month: str, money: int, plays: _Plays, split: dict[str, list[Payout]]) -> Beside | None:
        """The month in its market. Adds what the listener's plays bring under pro-rata to `split`."""
        found = self._market.months.get(month) if self._market else None
        if self._market is None or self._pro_rata is None or found is None or not plays.by_artist:
            return None
        name = self._market.name
        if found.plays < plays.counted:
            raise UsageError(
                f"{name}: {month}: {found.plays:,} plays of everybody, but this listener alone has {plays.counted:,}",
                hint="the market file should count all plays of the service and country, the listener's among them",
            )
        reaches = _reaches(money, plays, found)
        if found.pool is None:
            return Beside(name, found.plays, "", "", None if reaches is None else self._text(reaches))
        pool = round(Fraction(found.pool) / Fraction(self._terms.unit))
        rest = found.plays * plays.scale - sum(plays.by_artist.values())
        mine = [Play(_ME, artist, streams) for artist, streams in plays.by_artist.items()]
        others = [Play(_OTHERS, _OTHERS, rest)] if rest else []
        paid = self._pro_rata.split(self._pool(month, pool), [*mine, *others])
        split[PRO_RATA] = [payout for payout in paid if payout.payee != _OTHERS]
        return Beside(
            name,
            found.plays,
            self._text(pool),
            self._text(sum(payout.amount for payout in split[PRO_RATA])),
            None if reaches is None else self._text(reaches),
        )

    def _sum(self, plays: _Plays, split: Mapping[str, Iterable[Payout]]) -> None:
        for artist, streams in plays.by_artist.items():
            self._plays[artist] = self._plays.get(artist, Fraction(0)) + Fraction(streams, plays.scale)
        amounts: dict[str, dict[str, int]] = {}
        for name, paid in split.items():
            by = amounts[name] = {payout.payee: payout.amount for payout in paid if payout.payee}
            total = self._amounts.setdefault(name, {})
            for artist, amount in by.items():
                total[artist] = total.get(artist, 0) + amount
        for before, after in ((PRO_RATA, USER_CENTRIC), (SHAPLEY, USER_CENTRIC), (RATE, USER_CENTRIC)):
            if amounts.get(before) and amounts.get(after):
                pair = self._pairs.setdefault((before, after), {})
                for artist in plays.by_artist:
                    both = pair.setdefault(artist, [0, 0])
                    both[0] += amounts[before].get(artist, 0)
                    both[1] += amounts[after].get(artist, 0)

    def _comparison(self, before: str, after: str) -> Comparison:
        rows = sorted(self._pairs[before, after].items(), key=lambda row: (row[1][0] - row[1][1], row[0]))
        text = self._text
        return Comparison(
            before, after, tuple(Change(a, text(b), text(c), text(c - b)) for a, (b, c) in rows)
        )

    def _payout(self, payout: Payout) -> dict[str, str]:
        reason = {"reason": payout.reason} if payout.reason else {}
        return {"payee": payout.payee, "amount": self._text(payout.amount)} | reason

    def _text(self, units: int) -> str:
        return f"{units * self._terms.unit:f}"


def _check(history: History, terms: Terms) -> None:
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
    if terms.tax_rate < 0 or not 0 <= terms.rightsholder_share <= 1:
        raise UsageError(
            "tax rate and rightsholder share: expected fractions, of 0 or more and of 0 to 1, got "
            f"{terms.tax_rate} and {terms.rightsholder_share}",
            hint="0.25 is 25 %",
        )
    if terms.unit <= 0 or (terms.rate is not None and (terms.rate < 0 or terms.rate % terms.unit)):
        raise UsageError(f"rate: expected a multiple of the unit {terms.unit:f}, 0 or more, got {terms.rate}")
    if not any(history.months.values()):
        raise UsageError("the history has no play that counts: there is nothing to pay for")
    if (idle := idle_months(history, terms)) and terms.idle not in IDLE:
        choices = "; ".join(f"{name}: {meaning}" for name, meaning in IDLE.items())
        raise UsageError(
            f"months without a counted play ({', '.join(idle[:6])}{' …' if len(idle) > 6 else ''}): expected --idle "
            f"with one of {', '.join(IDLE)}",
            hint=choices,
        )


def _rules(history: History, models: Mapping[str, type[PayoutModel]]) -> list[str]:
    """The rules that need this listener alone; by time only where the time of every counted play is known."""
    missing = [name for name in (USER_CENTRIC, SHAPLEY, PRO_RATA) if name not in models]
    if missing:
        raise UsageError(f"payout models: {', '.join(missing)}: not installed", hint="install onrecord again")
    timed = all(tally.timed == tally.counted for month in history.months.values() for tally in month.values())
    return [USER_CENTRIC, SHAPLEY, *([FAN_POWERED] if timed and FAN_POWERED in models else [])]


def _plays(month: Mapping[Credit, Tally], credits: str) -> _Plays:
    """A month's plays by who is paid for a credit."""
    names = {credit: _payees(credit, credits) for credit in month}
    scale = lcm(*(len(of) for of in names.values()))
    by_artist: dict[str, int] = {}
    seconds: dict[str, int] = {}
    for credit, tally in month.items():
        for name in names[credit]:
            part = scale // len(names[credit])
            by_artist[name] = by_artist.get(name, 0) + tally.counted * part
            seconds[name] = seconds.get(name, 0) + tally.heard * part
    return _Plays(
        by_artist,
        seconds,
        scale,
        counted=sum(tally.counted for tally in month.values()),
        unverified=sum(tally.unverified for tally in month.values()),
    )


def _payees(credit: Credit, credits: str) -> tuple[str, ...]:
    if not credit.names:
        return (UNNAMED,)
    if credits == "as-written":
        return (credit.written,)
    return credit.names[:1] if credits == "first" else tuple(dict.fromkeys(credit.names))


def _at_rate(plays: _Plays, rate: int) -> list[Payout]:
    total = plays.counted * rate
    return payouts(apportion(total, plays.by_artist)) if plays.by_artist else []


def _reaches(money: int, plays: _Plays, market: MarketMonth) -> int | None:
    """What of the listener's money pro-rata gives to those that the listener played, as far as they are named."""
    if not market.artists or not market.plays:
        return None
    theirs = sum(market.artists.get(name, 0) for name in {artist.casefold() for artist in plays.by_artist})
    return money * theirs // market.plays


def _decimal(plays: Fraction) -> str:
    return str(plays.numerator) if plays.denominator == 1 else f"{float(plays):.2f}"


def _notes(
    history: History,
    terms: Terms,
    rules: Mapping[str, PayoutModel],
    months: Sequence[MonthRow],
    market: Market | None,
) -> tuple[str, ...]:
    """What a reader of the figures must know, in sentences."""
    said = [
        f"Of each month's price, {terms.rightsholder_share} after a tax of {terms.tax_rate} is taken to reach "
        "rightsholders, as stated; what a service really pays is in its contracts.",
        "Months are calendar months in UTC.",
    ]
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
    if FAN_POWERED not in rules:
        said.append("Nothing is said of payment by listening time: the time of some plays is not known.")
    if any(not credit.names for month in history.months.values() for credit in month):
        said.append(f"Plays whose artist the export does not name stand together under “{UNNAMED}”.")
    if any(len(credit.names) > 1 for month in history.months.values() for credit in month):
        said.append(f"Credits of several artists are paid {_PAID[terms.credits]}.")
    if terms.rate is not None:
        said.append("A rate a play is no rule for a pool: its sums are not what was paid.")
    if market is None:
        said.append("Nothing is said of pro-rata: it depends on what everybody played (--market).")
    else:
        said.extend(_of_market(market, months))
    return tuple(said)


_PAID: Final = {
    "as-written": "as one, under the text of the credit",
    "first": "to the first name",
    "equal": "in equal parts",
}


def _of_market(market: Market, months: Sequence[MonthRow]) -> Iterable[str]:
    yield f"Pro-rata figures rest on the market file {market.name}: on all plays and the pool that it states."
    without = [month.month for month in months if month.counted and month.beside is None]
    if without:
        yield f"{market.name} does not cover {len(without):,} months with plays: nothing is said of pro-rata in them."
    if any(market.months[month.month].pool is None for month in months if month.beside):
        yield f"{market.name} states no pool for some months: what plays bring there is not known (--market-pool)."
    if any(of.artists and of.summed for of in market.months.values()):
        yield f"{market.name} states no total: the sum of the artists that it names stands for it."
    if any(of.artists for of in market.months.values()):
        yield "Artists that the market file does not name add nothing to what pro-rata lets reach those played."
