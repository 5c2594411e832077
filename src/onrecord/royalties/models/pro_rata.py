# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pro-rata: the pool in proportion to all counted plays, whoever played. What most services do."""

from collections.abc import Iterable, Mapping

from onrecord.engine import plugins
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties.apportion import NO_PLAYS, apportion, checked, counted, payouts
from onrecord.royalties.models.settings import UNITS, one_of


class ProRata:
    """Payee i gets E · t_i / t. Setting `unit`: `streams` (default) or `seconds`."""

    name = "pro-rata"

    def __init__(self, settings: Mapping[str, str]) -> None:
        given = plugins.settings(self.name, settings, {"unit": "streams"})
        self.unit = one_of(self.name, given, "unit", UNITS)

    def split(self, pool: Pool, plays: Iterable[Play]) -> list[Payout]:
        amount = checked(pool)
        weights: dict[str, int] = {}
        for _, payee, count in counted(plays, self.unit):
            weights[payee] = weights.get(payee, 0) + count
        if not weights:
            return [Payout("", amount, NO_PLAYS)]
        return payouts(apportion(amount, weights))
