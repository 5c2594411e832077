# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""User-centric: each listener's own money goes to what that listener played."""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

from onrecord.engine import plugins
from onrecord.errors import UsageError
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties.apportion import NO_PLAYS, apportion, checked, counted, payouts

_INACTIVE = {
    "pro_rata_pool": "their money is split by all counted plays",
    "retain": "the service keeps it",
    "carry": "it waits for the next month",
}


class UserCentric:
    """Payee i gets the sum over listeners j of f_j · t_ij / T_j. Where the pool has no `fees`, all f_j are equal.

    Setting `inactive`, without a default because no published rule fixes it: what happens to the money of listeners
    who paid and played nothing. `unit`: `streams` (default) or `seconds`.
    """

    name = "user-centric"

    def __init__(self, settings: Mapping[str, str]) -> None:
        given = plugins.settings(self.name, settings, {"inactive": "", "unit": "streams"})
        self._inactive, self._unit = given["inactive"], given["unit"]
        if self._inactive not in _INACTIVE:
            choices = "; ".join(f"{name}: {meaning}" for name, meaning in _INACTIVE.items())
            raise UsageError(
                f"user-centric: inactive: expected one of {', '.join(_INACTIVE)}, got {self._inactive[:40]!r}",
                hint=f"money of listeners who played nothing: {choices}",
            )
        if self._unit not in ("streams", "seconds"):
            raise UsageError(f"user-centric: unit: expected 'streams' or 'seconds', got {self._unit[:40]!r}")

    def split(self, pool: Pool, plays: Iterable[Play]) -> list[Payout]:
        amount = checked(pool)
        played: dict[str, Counter[str]] = {}
        for listener, payee, count in counted(plays, self._unit):
            played.setdefault(listener, Counter())[payee] += count
        fees = _fees(pool, amount, played)
        idle = sum(fee for listener, fee in fees.items() if listener not in played)
        if not played:
            return [Payout("", amount, NO_PLAYS)]
        shares = _shares(fees, played)
        kept = int(idle)
        if self._inactive == "pro_rata_pool":
            _spread(kept, played, shares)
            kept = 0
        paid = (
            payouts(apportion(amount - kept, shares))
            if any(shares.values())
            else payouts(dict.fromkeys(shares, 0))
        )
        return [Payout("", kept, f"inactive listeners: {self._inactive}"), *paid] if kept else paid


def _fees(pool: Pool, amount: int, played: Mapping[str, object]) -> Mapping[str, int | Fraction]:
    if not pool.fees:
        return {listener: Fraction(amount, len(played)) for listener in played}
    fees: dict[str, int] = {}
    for listener, fee in pool.fees:
        if fee < 0:
            raise UsageError(f"pool: fee of {listener!r}: expected 0 or more, got {fee}")
        fees[listener] = fees.get(listener, 0) + fee
    if sum(fees.values()) != amount:
        raise UsageError(f"pool: expected fees that add up to {amount}, they add up to {sum(fees.values())}")
    return fees


def _shares(
    fees: Mapping[str, int | Fraction], played: Mapping[str, Counter[str]]
) -> dict[str, int | Fraction]:
    """Exact shares. Listeners with the same number of plays are summed first, so that few fractions are added."""
    by_plays: dict[int, dict[str, int | Fraction]] = {}
    for listener, payees in played.items():
        fee = fees.get(listener, 0)
        sums = by_plays.setdefault(payees.total(), {})
        for payee, count in payees.items():
            sums[payee] = sums.get(payee, 0) + fee * count
    shares: dict[str, int | Fraction] = {}
    for plays, sums in sorted(by_plays.items()):
        for payee, sum_ in sums.items():
            shares[payee] = shares.get(payee, 0) + Fraction(sum_) / plays
    return shares


def _spread(amount: int, played: Mapping[str, Counter[str]], shares: dict[str, int | Fraction]) -> None:
    all_plays: Counter[str] = Counter()
    for payees in played.values():
        all_plays.update(payees)
    for payee, count in all_plays.items():
        shares[payee] += Fraction(amount * count, all_plays.total())
