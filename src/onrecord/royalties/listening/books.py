# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a listener's own money does: each month's fee under rules that look at this listener alone, and beside a market.

User-centric, Shapley and their family need nobody else's plays. Pro-rata and the others of `around` do: they are said
only of months that a market file covers.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from onrecord.errors import UsageError
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties.apportion import apportion, payouts
from onrecord.royalties.histories.market import Market
from onrecord.royalties.histories.market_month import MarketMonth
from onrecord.royalties.histories.reading import History
from onrecord.royalties.listening.around import (
    ARTIST_CENTRIC,
    HYBRID,
    ME,
    NEEDS,
    PRO_RATA,
    THRESHOLD,
    WEIGHTED,
    Around,
    reaches,
)
from onrecord.royalties.listening.notes import notes
from onrecord.royalties.listening.plays import Plays, plays_of
from onrecord.royalties.listening.report import (
    ArtistRow,
    Beside,
    Change,
    Comparison,
    MarketUsed,
    MonthRow,
    Reached,
    Report,
    Unsaid,
)
from onrecord.royalties.listening.terms import IDLE, Terms, check, fee, span
from onrecord.royalties.seams import PayoutModel

USER_CENTRIC: Final = "user-centric"
SHAPLEY: Final = "shapley"
PROBABILISTIC: Final = "probabilistic"
FAN_POWERED: Final = "fan-powered"
RATE: Final = "per-play rate"
_PAIRS: Final = (
    (PRO_RATA, USER_CENTRIC),
    (SHAPLEY, USER_CENTRIC),
    (RATE, USER_CENTRIC),
    (PRO_RATA, HYBRID),
    (PRO_RATA, WEIGHTED),
    (PRO_RATA, THRESHOLD),
    (PRO_RATA, ARTIST_CENTRIC),
)


def value(
    history: History, terms: Terms, models: Mapping[str, type[PayoutModel]], market: Market | None = None
) -> Report:
    """Month by month where the money goes. `models` are the installed rules by name."""
    check(history, terms)
    books = _Books(history, terms, models, market)
    months = tuple(books.month(month) for month in span(history, terms))
    return books.report(months)


class _Books:
    """Goes from month to month with what is carried, and sums up by artist."""

    def __init__(
        self, history: History, terms: Terms, models: Mapping[str, type[PayoutModel]], market: Market | None
    ) -> None:
        self._history, self._terms, self._market = history, terms, market
        self._rules = {name: models[name]({"inactive": "retain"}) for name in _rules(history, models)}
        self._around = Around(models, terms.credits)
        self._carried = 0
        self._paid = 0
        self._plays: dict[str, Fraction] = {}
        self._amounts: dict[str, dict[str, int]] = {}
        self._pairs: dict[tuple[str, str], dict[str, list[int]]] = {}
        self._reached: dict[str, list[int]] = {}
        self._unsaid: Counter[tuple[str, str]] = Counter()

    def month(self, month: str) -> MonthRow:
        terms = self._terms
        tallies = self._history.months.get(month, {})
        plays = plays_of(tallies, terms.credits)
        paid = 0 if not plays.by_artist and terms.idle == "unpaid" else fee(terms, month)
        carried, self._carried = self._carried, 0
        money = paid + carried
        self._paid += paid
        split: dict[str, list[Payout]] = {}
        for name, rule in self._rules.items():
            split[name] = self._split(rule, month, money, plays)
            self._reach(name, sum(payout.amount for payout in split[name] if payout.payee), paid)
        if not plays.by_artist and terms.idle == "carry":
            self._carried = money
        if terms.rate is not None:
            split[RATE] = _at_rate(plays, int(terms.rate / terms.unit))
        beside = None
        if plays.by_artist:
            found = self._market.months.get(month) if self._market else None
            self._note_unsaid(found)
            if self._market and found:
                pool = self._pool(month, self._pool_of(self._market.name, month, found))
                around = self._around.brings(self._market.name, found, pool, paid, plays, tallies)
                split |= around
                beside = self._beside(self._market, found, money, plays, pool, around.get(PRO_RATA))
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
        terms, market = self._terms, self._market
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
            comparisons=tuple(self._comparison(*pair) for pair in _PAIRS if pair in self._pairs),
            reached=tuple(
                Reached(rule, self._text(amount), self._text(money), count)
                for rule, (amount, money, count) in self._reached.items()
            ),
            unsaid=self._all_unsaid(),
            notes=notes(self._history, terms, months, market),
            around=tuple(rule for rule in NEEDS if rule in self._amounts),
            market=_used(market) if market else None,
        )

    def _split(self, rule: PayoutModel, month: str, amount: int, plays: Plays) -> list[Payout]:
        if not plays.by_artist:
            why = f"no counted play: {IDLE[self._terms.idle]}"
            return [Payout("", amount, why)] if amount else []
        pool = self._pool(month, amount, ((ME, amount),))
        return rule.split(
            pool,
            [
                Play(ME, artist, streams, plays.seconds.get(artist, 0))
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

    def _pool_of(self, name: str, month: str, found: MarketMonth) -> int:
        """The market's pool in units; 0 where it states none, which no rule then looks at."""
        if found.pool and found.currency and found.currency != self._terms.currency:
            raise UsageError(
                f"{name}: {month}: a pool in {found.currency}, but the price is in "
                f"{self._terms.currency or 'a currency that was not stated'}: expected one currency",
                hint=f"--currency {found.currency}, if the price is in it; nothing is converted",
            )
        return round(Fraction(found.pool or 0) / Fraction(self._terms.unit))

    def _note_unsaid(self, found: MarketMonth | None) -> None:
        """Counts the month under each rule that nothing can be said of, with what is missing."""
        for rule, needs in NEEDS.items():
            if missing := self._around.lacks(rule, found) if self._market else f"{needs} (--market)":
                self._unsaid[rule, missing] += 1
        if FAN_POWERED not in self._rules:
            self._unsaid[
                FAN_POWERED, "how long each play was heard, which the export does not say of all"
            ] += 1

    def _all_unsaid(self) -> tuple[Unsaid, ...]:
        """Rules that miss the same in as many months together."""
        rules: dict[tuple[str, int], list[str]] = {}
        for (rule, missing), count in self._unsaid.items():
            rules.setdefault((missing, count), []).append(rule)
        return tuple(Unsaid(tuple(of), missing, count) for (missing, count), of in rules.items())

    def _beside(
        self,
        market: Market,
        found: MarketMonth,
        money: int,
        plays: Plays,
        pool: Pool,
        brings: list[Payout] | None,
    ) -> Beside:
        reached = reaches(money, plays, found)
        if reached is not None:
            self._reach(PRO_RATA, reached, money)
        return Beside(
            market.cited,
            found.plays,
            "" if brings is None else self._text(pool.amount),
            "" if brings is None else self._text(sum(payout.amount for payout in brings)),
            None if reached is None else self._text(reached),
        )

    def _reach(self, rule: str, amount: int, money: int) -> None:
        sums = self._reached.setdefault(rule, [0, 0, 0])
        sums[:] = sums[0] + amount, sums[1] + money, sums[2] + 1

    def _sum(self, plays: Plays, split: Mapping[str, Iterable[Payout]]) -> None:
        for artist, streams in plays.by_artist.items():
            self._plays[artist] = self._plays.get(artist, Fraction(0)) + Fraction(streams, plays.scale)
        amounts: dict[str, dict[str, int]] = {}
        for name, paid in split.items():
            by = amounts[name] = {payout.payee: payout.amount for payout in paid if payout.payee}
            total = self._amounts.setdefault(name, {})
            for artist, amount in by.items():
                total[artist] = total.get(artist, 0) + amount
        for before, after in _PAIRS:
            # Where a rule pays nobody that was played, as the threshold may, all of them lose.
            if amounts.get(before) and after in amounts:
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


def _rules(history: History, models: Mapping[str, type[PayoutModel]]) -> list[str]:
    """The rules that need this listener alone; by time only where the time of every counted play is known."""
    missing = [name for name in (USER_CENTRIC, SHAPLEY, PRO_RATA) if name not in models]
    if missing:
        raise UsageError(f"payout models: {', '.join(missing)}: not installed", hint="install onrecord again")
    timed = all(tally.timed == tally.counted for month in history.months.values() for tally in month.values())
    asked = [USER_CENTRIC, SHAPLEY, PROBABILISTIC, *([FAN_POWERED] if timed else [])]
    return [name for name in asked if name in models]


def _used(market: Market) -> MarketUsed:
    return MarketUsed(market.name, market.sha256, min(market.months), max(market.months), market.cited)


def _at_rate(plays: Plays, rate: int) -> list[Payout]:
    total = plays.counted * rate
    return payouts(apportion(total, plays.by_artist)) if plays.by_artist else []


def _decimal(plays: Fraction) -> str:
    return str(plays.numerator) if plays.denominator == 1 else f"{float(plays):.2f}"
