# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hybrid: a part of the pool pro-rata, the rest user-centric."""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import ClassVar

from onrecord.engine import plugins
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties.apportion import NO_PLAYS, checked, counted, fees
from onrecord.royalties.models.settings import UNITS, fraction, inactive, one_of
from onrecord.royalties.models.user_centric import UserCentric, settled, spread


class Hybrid:
    """λ times pro-rata and 1 - λ times user-centric, one rounding at the end: a compromise from no one source.

    Setting `lambda`, from 0 to 1, 1/2 by default. `inactive` and `unit` as of user-centric; of the money of inactive
    listeners the part 1 - λ, rounded down, goes where `inactive` says, because pro-rata does not know them.
    """

    name = "hybrid"
    defaults: ClassVar[Mapping[str, str]] = {"inactive": "", "unit": "streams", "lambda": "1/2"}

    def __init__(self, settings: Mapping[str, str]) -> None:
        given = plugins.settings(self.name, settings, self.defaults)
        self.share = fraction(self.name, given, "lambda", 1)
        self.inactive = inactive(self.name, given)
        self.unit = one_of(self.name, given, "unit", UNITS)
        self._rest = UserCentric({"inactive": self.inactive, "unit": self.unit})

    def split(self, pool: Pool, plays: Iterable[Play]) -> list[Payout]:
        amount = checked(pool)
        played: dict[str, Counter[str]] = {}
        for listener, payee, count in counted(plays, self.unit):
            played.setdefault(listener, Counter())[payee] += count
        paid_in = fees(pool, amount, played)
        if not played:
            return [Payout("", amount, NO_PLAYS)]
        idle = int(sum(fee for listener, fee in paid_in.items() if listener not in played))
        shares = self._rest._shares(paid_in, played)
        if self.inactive == "pro_rata_pool":
            spread(idle, played, shares)
            idle = 0
        shares = {payee: share * (1 - self.share) for payee, share in shares.items()}
        everything: dict[str, int | Fraction] = dict.fromkeys(shares, 0)
        spread(amount, played, everything)
        shares = {payee: share + everything[payee] * self.share for payee, share in shares.items()}
        return settled(amount, int(idle * (1 - self.share)), self.inactive, shares)
