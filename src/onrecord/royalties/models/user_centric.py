# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules by which each listener's own money goes to what that listener played, and to nobody else.

They differ in how one listener's money is split: by plays, by time, evenly, or by a power of the plays.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import ClassVar

from onrecord.engine import plugins
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties.apportion import NO_PLAYS, apportion, checked, counted, fees, payouts
from onrecord.royalties.models.settings import UNITS, fraction, inactive, one_of, root

#: Roots are whole numbers of this fraction of one.
ROOTS = 10**6


class UserCentric:
    """Payee i gets the sum over listeners j of f_j · t_ij / T_j. Where the pool has no `fees`, all f_j are equal.

    Setting `inactive`, without a default because no published rule fixes it (marco.org/2015/08/18/subscriber-share
    asks): what happens to the money of listeners who paid and played nothing. `unit`: `streams` (default) or `seconds`.
    """

    name = "user-centric"
    defaults: ClassVar[Mapping[str, str]] = {"inactive": "", "unit": "streams"}

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.given = plugins.settings(self.name, settings, self.defaults)
        self.inactive = inactive(self.name, self.given)
        self.unit = one_of(self.name, self.given, "unit", UNITS)

    def claim(self, count: int) -> int:
        """What a payee that a listener played `count` times may claim of that listener's money, beside the others."""
        return count

    def split(self, pool: Pool, plays: Iterable[Play]) -> list[Payout]:
        amount = checked(pool)
        played: dict[str, Counter[str]] = {}
        for listener, payee, count in counted(plays, self.unit):
            played.setdefault(listener, Counter())[payee] += count
        paid_in = fees(pool, amount, played)
        idle = sum(fee for listener, fee in paid_in.items() if listener not in played)
        if not played:
            return [Payout("", amount, NO_PLAYS)]
        shares = self._shares(paid_in, played)
        kept = int(idle)
        if self.inactive == "pro_rata_pool":
            spread(kept, played, shares)
            kept = 0
        return settled(amount, kept, self.inactive, shares)

    def _shares(
        self, paid_in: Mapping[str, int | Fraction], played: Mapping[str, Counter[str]]
    ) -> dict[str, int | Fraction]:
        """Exact shares. Listeners with the same sum of claims come first, so that few fractions are added."""
        by_claims: dict[int, dict[str, int | Fraction]] = {}
        for listener, payees in played.items():
            claims = {payee: self.claim(count) for payee, count in payees.items()}
            sums = by_claims.setdefault(sum(claims.values()), {})
            fee = paid_in.get(listener, 0)
            for payee, claim in claims.items():
                sums[payee] = sums.get(payee, 0) + fee * claim
        shares: dict[str, int | Fraction] = {}
        for claims_, sums in sorted(by_claims.items()):
            for payee, sum_ in sums.items():
                shares[payee] = shares.get(payee, 0) + Fraction(sum_) / claims_
        return shares


class FanPowered(UserCentric):
    """User-centric by listening time: SoundCloud says "a fan's listening time".

    help.soundcloud.com (article 1260801306810). SoundCloud adds the advertising money of each fan, which belongs into
    `fees`, and pays so only artists who monetise directly and some labels. Settings as of user-centric; `unit` is
    `seconds` by default.
    """

    name = "fan-powered"
    defaults: ClassVar[Mapping[str, str]] = {"inactive": "", "unit": "seconds"}


class Shapley(UserCentric):
    """Each listener's money is split evenly over those that the listener played, however often: the Shapley index.

    Bergantiños & Moreno-Ternero, Information Economics and Policy 71 (2025) 101142, arXiv 2411.07166. It is the Shapley
    value of the game whose coalition S is worth the fees of those who play only artists in S. Setting `inactive` as of
    user-centric.
    """

    name = "shapley"
    defaults: ClassVar[Mapping[str, str]] = {"inactive": "", "unit": "streams"}

    def claim(self, count: int) -> int:
        return 1


class Probabilistic(UserCentric):
    """Each listener's money is split by a distribution over those played; here by t_ij to the power `power`.

    The family is Bergantiños & Moreno-Ternero's (Management Science 71(10), 2025, doi 10.1287/mnsc.2023.03830, arXiv
    2310.11861); that the distribution is a power is our choice of members: 0 is Shapley, 1 is user-centric, more
    favours what is played most. `power` is from 0 to 3, 1/2 by default. So that everything is exact, a power that is
    not whole is rounded down to six decimals, and that is part of the rule. `inactive` and `unit` as of user-centric.
    """

    name = "probabilistic"
    defaults: ClassVar[Mapping[str, str]] = {"inactive": "", "unit": "streams", "power": "1/2"}

    def __init__(self, settings: Mapping[str, str]) -> None:
        super().__init__(settings)
        self.power = fraction(self.name, self.given, "power", 3)

    def claim(self, count: int) -> int:
        up, down = self.power.numerator, self.power.denominator
        if down == 1:
            return int(count**up)
        return root(int(count**up) * ROOTS**down, down)


def spread(amount: int, played: Mapping[str, Counter[str]], shares: dict[str, int | Fraction]) -> None:
    """Adds `amount`, split by all counted plays, to the shares."""
    all_plays: Counter[str] = Counter()
    for payees in played.values():
        all_plays.update(payees)
    for payee, count in all_plays.items():
        shares[payee] += Fraction(amount * count, all_plays.total())


def settled(amount: int, kept: int, why: str, shares: Mapping[str, int | Fraction]) -> list[Payout]:
    """Whole units, with what is kept of the inactive listeners first."""
    paid = apportion(amount - kept, shares) if any(shares.values()) else dict.fromkeys(shares, 0)
    if not any(shares.values()):
        kept = amount
    return [Payout("", kept, f"inactive listeners: {why}"), *payouts(paid)] if kept else payouts(paid)
