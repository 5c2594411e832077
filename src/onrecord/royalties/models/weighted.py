# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The weighted family: a listener's plays weigh less the more that listener plays."""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

from onrecord.engine import plugins
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties.apportion import NO_PLAYS, apportion, checked, counted, payouts
from onrecord.royalties.models.settings import UNITS, fraction, one_of, root

#: Weights that are no fractions are whole numbers of this fraction of one.
WEIGHTS = 10**12


class Weighted:
    """Payee i gets E · I_i / Σ I with I_i = Σ_j w_j · t_ij and w_j = T_j^-α.

    The family is Bergantiños & Moreno-Ternero's (Management Science 71(10), 2025, doi 10.1287/mnsc.2023.03830, arXiv
    2310.11861); the power is our choice of members: `alpha` 0 is pro-rata, 1 is user-centric with equal fees, 1/2
    is the default. Between the two, weights are rounded down to twelve decimals, and that is part of the rule. Fees
    play no part. Setting `unit`: `streams` (default) or `seconds`.
    """

    name = "weighted"

    def __init__(self, settings: Mapping[str, str]) -> None:
        given = plugins.settings(self.name, settings, {"alpha": "1/2", "unit": "streams"})
        self.alpha = fraction(self.name, given, "alpha", 1)
        self.unit = one_of(self.name, given, "unit", UNITS)

    def weight(self, plays: int) -> Fraction | int:
        """Of each play of a listener who has `plays` of them."""
        up, down = self.alpha.numerator, self.alpha.denominator
        if down == 1:
            return Fraction(1, plays**up)
        return root(WEIGHTS**down // plays**up, down)

    def split(self, pool: Pool, plays: Iterable[Play]) -> list[Payout]:
        amount = checked(pool)
        played: dict[str, Counter[str]] = {}
        for listener, payee, count in counted(plays, self.unit):
            played.setdefault(listener, Counter())[payee] += count
        if not played:
            return [Payout("", amount, NO_PLAYS)]
        by_plays: dict[int, Counter[str]] = {}
        for payees in played.values():
            by_plays.setdefault(payees.total(), Counter()).update(payees)
        impact: dict[str, int | Fraction] = {}
        for total, payees in by_plays.items():
            weight = self.weight(total)
            for payee, count in payees.items():
                impact[payee] = impact.get(payee, 0) + count * weight
        if not any(impact.values()):
            return [Payout("", amount, "every weight rounds down to nothing")]
        return payouts(apportion(amount, impact))
