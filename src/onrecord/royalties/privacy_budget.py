# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger of what releases have given away: a total that is stated once, and no release beyond it."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import msgspec
from msgspec import Struct

from onrecord.durable import replace
from onrecord.errors import IntegrityError, UsageError
from onrecord.locking import hold
from onrecord.royalties.privacy import Bounds, Guarantee


class Spent(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    day: str
    epsilon: Decimal
    delta: Decimal
    artists: int
    plays: int
    out: str


class Budget(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All releases out of one set of plays. What they spend adds up, as the basic composition of guarantees has it."""

    schema: str = "onrecord.royalties.budget/1"
    total_epsilon: Decimal
    total_delta: Decimal
    releases: tuple[Spent, ...] = ()

    @property
    def left(self) -> Decimal:
        return self.total_epsilon - sum((each.epsilon for each in self.releases), Decimal(0))

    @property
    def left_delta(self) -> Decimal:
        return self.total_delta - sum((each.delta for each in self.releases), Decimal(0))


def spend(
    ledger: Path,
    guarantee: Guarantee,
    bounds: Bounds,
    out: str,
    day: dt.date,
    total: Decimal | None = None,
    total_delta: Decimal = Decimal("0.00001"),
) -> Budget:
    """Writes a release into the ledger, durably, before it is made: one that fails after this is spent all the same.

    `total` makes the ledger where there is none; it is never changed afterwards.
    """
    with _locked(ledger):
        budget = _opened(ledger, total, total_delta)
        if guarantee.epsilon > budget.left or guarantee.delta > budget.left_delta:
            raise UsageError(
                f"{ledger}: the budget is spent: of epsilon {budget.total_epsilon} and delta {budget.total_delta:f}, "
                f"{budget.left} and {budget.left_delta:f} are left after {len(budget.releases)} releases; this one "
                f"would spend {guarantee.epsilon} and {guarantee.delta:f}",
                hint="what was given away cannot be taken back: publish less often, or with a smaller epsilon",
            )
        spent = Spent(
            day=day.isoformat(),
            epsilon=guarantee.epsilon,
            delta=guarantee.delta,
            artists=bounds.artists,
            plays=bounds.plays,
            out=out,
        )
        budget = msgspec.structs.replace(budget, releases=(*budget.releases, spent))
        replace(ledger, msgspec.json.format(msgspec.json.encode(budget), indent=1) + b"\n")
        return budget


def _opened(ledger: Path, total: Decimal | None, total_delta: Decimal) -> Budget:
    if not ledger.exists():
        if total is None:
            raise UsageError(
                f"{ledger}: no such ledger: expected --total-epsilon, what all releases together may ever spend",
                hint="it is stated once; 3 allows three releases of epsilon 1",
            )
        if not 0 < total <= 100:
            raise UsageError(f"total epsilon: expected more than 0 and at most 100, got {total}")
        return Budget(total_epsilon=total, total_delta=total_delta)
    try:
        budget = msgspec.json.decode(ledger.read_bytes(), type=Budget)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(
            f"{ledger}: no ledger of a budget: {error}",
            hint="without it nothing more may be published; restore it",
        ) from None
    negative = any(each.epsilon <= 0 or each.delta <= 0 for each in budget.releases)
    if budget.schema != "onrecord.royalties.budget/1" or negative:
        raise IntegrityError(
            f"{ledger}: expected schema onrecord.royalties.budget/1 and releases that spend something"
        )
    if total is not None and total != budget.total_epsilon:
        raise UsageError(f"{ledger}: the total was stated as {budget.total_epsilon} and stays, got {total}")
    return budget


@contextmanager
def _locked(ledger: Path) -> Iterator[None]:
    """Two releases at a time must not both find the same budget left."""
    with ledger.with_name(ledger.name + ".lock").open("w") as lock:
        hold(lock, f"{ledger}: another release is being made", "wait for it")
        yield
