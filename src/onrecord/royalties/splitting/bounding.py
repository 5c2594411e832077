# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settles pools of which payees are due fractions, with thousands of denominators, without adding them all exactly.

DuckDB adds them rounded down, with a bound of what that lost, which settles all but a few payees; those few are added
as exact fractions. So the units are those of largest remainder over the exact values.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from onrecord.royalties.apportion import NO_PLAYS
from onrecord.royalties.splitting.counting import Counts, Money, Unpaid, as_text
from onrecord.royalties.splitting.settling import BITS

#: A unit is told in 2 to this power of parts, at most, to rank remainders.
_PARTS: Final = 32
#: With fewer bits than this, bounds of what is due, or of remainders, would settle next to nobody.
_LEAST_STEPS: Final = 8
_LEAST_PARTS: Final = 4


class Share(NamedTuple):
    """What a pool pays for one listener's claims and for one play, and how many units it shares out so."""

    claim: Fraction
    play: Fraction
    amount: int


class _Ratio(NamedTuple):
    """A pool's `claim` between `low / down` and `high / down`."""

    low: int
    high: int
    down: int


def settle_fractions(
    counts: Counts, money: Mapping[int, Money], shares: Mapping[int, Share], most: int, listeners: int
) -> list[Unpaid]:
    """Make `paid` of the view `claims` and the table `parts`, which says what of each listener's claims counts.

    `most` is what one listener's claims come to at most, `listeners` how many have some, in the largest pool.
    """
    _Settling(counts, shares).settle(most, listeners)
    return [Unpaid(pool, of.amount, NO_PLAYS) for pool, of in money.items() if not of.plays]


class _Settling:
    """One model's shares on their way to whole units."""

    def __init__(self, counts: Counts, shares: Mapping[int, Share]) -> None:
        self.counts, self.shares = counts, shares
        self.ratios = {pool: _bounded(share.claim) for pool, share in shares.items()}
        self._top = max((ratio.high.bit_length() for ratio in self.ratios.values()), default=0)
        self._bottom = max((ratio.down.bit_length() for ratio in self.ratios.values()), default=0)

    def settle(self, most: int, listeners: int) -> None:
        whole = (most * max(listeners, 1)).bit_length()
        steps = min(62 - most.bit_length(), BITS - 2 - whole - self._top)
        if steps < _LEAST_STEPS or not self._by_bounds(steps):
            exact = self._exact(None)
            self.counts.pay(
                {pool: _ranked(values, self.shares[pool].amount) for pool, values in exact.items()}
            )

    def _by_bounds(self, steps: int) -> bool:
        """Settle with bounds in `steps` bits; False where the numbers are too wide for them."""
        run = self.counts.run
        self.counts.by_pool("sums", steps=1 << steps)
        self.counts.take_sums()
        parts = self._near(steps)
        if not parts:
            return False
        run("lines")
        if pools := run("unsettled"):
            self.counts.duck.table("these", {"pool": "INTEGER"}, pools)
            self._know(self._exact(run("open")), parts)
            run("lines")
        run("candidates")
        run("cuts")
        kinds = {"pool": "INTEGER", "payee": self.counts.payee_kind}
        self.counts.duck.table("bonus", kinds, self._winners())
        run("settle_near")
        return True

    def _near(self, steps: int) -> dict[int, int]:
        """Make the table `near`; gives in how many parts of a unit it tells remainders, by pool. None: it cannot."""
        [(widest, plays)] = self.counts.run("bounds")
        flats = [share.play for share in self.shares.values()]
        fits = int(widest).bit_length() + self._top <= BITS
        if fits and not any(flats) and steps + self._bottom <= BITS:
            parts = {pool: ratio.down << steps for pool, ratio in self.ratios.items()}
            self._tell_ratios(parts, 0)
            self.counts.run("near")
            return parts
        flat_up = max((flat.numerator.bit_length() for flat in flats), default=0)
        flat_down = max((flat.denominator.bit_length() for flat in flats), default=0)
        bits = min(_PARTS, steps, BITS - int(plays).bit_length() - flat_up)
        if bits < _LEAST_PARTS or max(steps - bits + self._bottom, flat_down) > BITS or not fits:
            return {}
        parts = dict.fromkeys(self.ratios, 1 << bits)
        self._tell_ratios(parts, steps - bits)
        self.counts.run("near_mixed")
        return parts

    def _tell_ratios(self, parts: Mapping[int, int], shift: int) -> None:
        rows = [
            (pool, amount, low, high, down << shift, play.numerator, play.denominator, parts[pool])
            for pool, (_, play, amount) in self.shares.items()
            for low, high, down in [self.ratios[pool]]
        ]
        columns = ("pool", "amount", "up_low", "up_high", "down", "flat_up", "flat_down", "parts")
        kinds = {column: "INTEGER" if column == "pool" else "HUGEINT" for column in columns}
        self.counts.duck.table("ratios", kinds, as_text(rows))

    def _know(self, exact: Mapping[int, Mapping[Any, Fraction]], parts: Mapping[int, int]) -> None:
        """Put what was added exactly in place of its bounds."""
        rows: list[tuple[Any, ...]] = []
        for pool, values in exact.items():
            for payee, value in values.items():
                units, rest = divmod(value, 1)
                up, down = rest.numerator * parts[pool], rest.denominator
                rows.append((pool, payee, units, up // down, -(-up // down)))
        kinds = {"pool": "INTEGER", "payee": self.counts.payee_kind}
        kinds |= dict.fromkeys(("units", "low", "high"), "HUGEINT")
        self.counts.duck.table("exact", kinds, as_text(rows))
        self.counts.run("known")

    def _winners(self) -> list[tuple[int, Any]]:
        """Who of those near the line gets one more unit."""
        near: dict[int, list[Any]] = {}
        places: dict[int, int] = {}
        for pool, payee, left in self.counts.run("doubtful"):
            near.setdefault(pool, []).append(payee)
            places[pool] = int(left)
        won = [
            (pool, payee) for pool, payees in near.items() for payee in payees if len(payees) <= places[pool]
        ]
        open_ = [(p, payee) for p, payees in near.items() for payee in payees if len(payees) > places[p] > 0]
        for pool, values in (self._exact(open_) if open_ else {}).items():
            won += [(pool, payee) for payee in _by_remainder(values)[: places[pool]]]
        return won

    def _exact(self, asked: Sequence[tuple[Any, ...]] | None) -> dict[int, dict[Any, Fraction]]:
        """What payees are due, without any rounding; all of them where none is named."""
        duck = self.counts.duck
        duck.table("asked", {"pool": "INTEGER", "payee": self.counts.payee_kind}, as_text(asked or []))
        if asked is None:
            duck.run("INSERT INTO asked SELECT DISTINCT pool, payee FROM claims")
        due: dict[int, dict[Any, Fraction]] = {}
        for pool, payee, up, down, claim, count in self.counts.run("terms"):
            if pool in self.shares:
                share = self.shares[pool]
                value = share.claim * Fraction(int(up) * int(claim), int(down)) + share.play * int(count)
                payees = due.setdefault(pool, {})
                payees[payee] = payees.get(payee, Fraction(0)) + value
        return due


def _bounded(share: Fraction) -> _Ratio:
    """The fraction itself where it is short, else close bounds of it."""
    if share.numerator.bit_length() <= 60 and share.denominator.bit_length() <= 60:
        return _Ratio(share.numerator, share.numerator, share.denominator)
    shift = max(44 - int(share).bit_length(), 0)
    low = (share.numerator << shift) // share.denominator
    return _Ratio(low, low + 1, 1 << shift)


def _ranked(values: Mapping[Any, Fraction], amount: int) -> dict[Any, int]:
    """Whole units by largest remainder, of values that add up to `amount`."""
    units = {payee: int(value) for payee, value in values.items()}
    for payee in _by_remainder(values)[: amount - sum(units.values())]:
        units[payee] += 1
    return units


def _by_remainder(values: Mapping[Any, Fraction]) -> list[Any]:
    return sorted(values, key=lambda payee: (-(values[payee] % 1), str(payee)))
