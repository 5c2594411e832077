# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settles pools by whole weights: the table `weights` of pool, payee and weight becomes `paid`, exact to the unit."""

from collections.abc import Mapping
from typing import Any, Final

from onrecord.royalties.apportion import NO_PLAYS, apportion
from onrecord.royalties.splitting.counting import Counts, Money, Unpaid, as_text

#: Products stay below 2 to this power, so that HUGEINT never overflows.
BITS: Final = 125


def settle(counts: Counts, money: Mapping[int, Money], why: str) -> list[Unpaid]:
    """Largest remainder, equal ones by name. `why` is the reason where plays there are weigh nothing."""
    found = dict(counts.duck.run("SELECT pool, sum(weight) FROM weights GROUP BY pool"))
    wholes = {pool: int(found.get(pool, 0)) for pool in money}
    rows = [(pool, money[pool].amount, whole) for pool, whole in wholes.items() if whole]
    if all(amount.bit_length() + whole.bit_length() <= BITS for _, amount, whole in rows):
        kinds = {"pool": "INTEGER", "amount": "HUGEINT", "whole": "HUGEINT"}
        counts.duck.table("totals_of", kinds, as_text(rows))
        counts.run("shares")
        counts.run("settle_exact")
    else:
        weights: dict[int, dict[Any, int]] = {}
        for pool, payee, weight in counts.duck.run("SELECT pool, payee, weight FROM weights"):
            weights.setdefault(pool, {})[payee] = int(weight)
        counts.pay({pool: _apportioned(amount, weights[pool]) for pool, amount, _ in rows})
    return [
        Unpaid(pool, of.amount, why if of.plays else NO_PLAYS)
        for pool, of in money.items()
        if not wholes[pool]
    ]


def _apportioned(amount: int, weights: Mapping[Any, int]) -> dict[Any, int]:
    names = {str(payee): payee for payee in weights}
    parts = apportion(amount, {str(payee): weight for payee, weight in weights.items()})
    return {names[name]: units for name, units in parts.items()}
