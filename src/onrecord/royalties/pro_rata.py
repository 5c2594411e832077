# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pro-rata: the pool in proportion to all counted plays, whoever played. What most services do."""

from collections.abc import Iterable, Mapping

from onrecord.engine import plugins
from onrecord.errors import UsageError
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties.apportion import NO_PLAYS, apportion, checked, counted, payouts


class ProRata:
    """Payee i gets E · t_i / t. Setting `unit`: `streams` (default) or `seconds`."""

    name = "pro-rata"

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._unit = plugins.settings(self.name, settings, {"unit": "streams"})["unit"]
        if self._unit not in ("streams", "seconds"):
            raise UsageError(f"pro-rata: unit: expected 'streams' or 'seconds', got {self._unit[:40]!r}")

    def split(self, pool: Pool, plays: Iterable[Play]) -> list[Payout]:
        amount = checked(pool)
        weights: dict[str, int] = {}
        for _, payee, count in counted(plays, self._unit):
            weights[payee] = weights.get(payee, 0) + count
        if not weights:
            return [Payout("", amount, NO_PLAYS)]
        return payouts(apportion(amount, weights))
