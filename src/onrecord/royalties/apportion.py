# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Splits a whole number by weights without losing a unit: the largest-remainder method, in exact arithmetic."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from onrecord.errors import UsageError
from onrecord.model.royalties import Payout, Play, Pool

NO_PLAYS = "no counted play to pay for"


def apportion(total: int, weights: Mapping[str, int | Fraction]) -> dict[str, int]:
    """`total` in proportion to `weights`, whole numbers that add up to it; the weights may not all be zero.

    Each gets its share rounded down; the units that are left go to the largest remainders, equal ones in the
    order of their names.
    """
    whole = sum(weights.values())
    parts: dict[str, int] = {}
    remainders: list[tuple[int | Fraction, str]] = []
    for name, weight in weights.items():
        parts[name], remainder = divmod(total * weight, whole)
        remainders.append((-remainder, name))
    left = total - sum(parts.values())
    for _, name in sorted(remainders)[:left]:
        parts[name] += 1
    return parts


def payouts(parts: Mapping[str, int]) -> list[Payout]:
    return [Payout(payee, amount) for payee, amount in sorted(parts.items())]


def checked(pool: Pool) -> int:
    """The pool's amount, after what every model relies on was checked."""
    if pool.amount < 0:
        raise UsageError(f"pool: expected an amount of 0 or more, got {pool.amount} {pool.currency}")
    return pool.amount


def fees(pool: Pool, amount: int, played: Mapping[str, object]) -> Mapping[str, int | Fraction]:
    """What each listener put in; equal parts of those who played where the pool does not say."""
    if not pool.fees:
        return {listener: Fraction(amount, len(played)) for listener in played}
    paid: dict[str, int] = {}
    for listener, fee in pool.fees:
        if fee < 0:
            raise UsageError(f"pool: fee of {listener!r}: expected 0 or more, got {fee}")
        paid[listener] = paid.get(listener, 0) + fee
    if sum(paid.values()) != amount:
        raise UsageError(f"pool: expected fees that add up to {amount}, they add up to {sum(paid.values())}")
    return paid


def counted(plays: Iterable[Play], unit: str) -> Iterable[tuple[str, str, int]]:
    """(listener, payee, count) of every play that counts, by `unit`: `streams` or `seconds`."""
    for play in plays:
        count = play.streams if unit == "streams" else play.seconds
        if count < 0:
            raise UsageError(
                f"play of {play.payee!r} by {play.listener!r}: expected {unit} of 0 or more, got {count}"
            )
        if not play.payee:
            raise UsageError(f"play by {play.listener!r}: expected a payee, got an empty name")
        if count:
            yield play.listener, play.payee, count


def counted_plays(plays: Iterable[Play]) -> Iterator[Play]:
    """Every play with streams, checked, for rules that look at more than their number."""
    for play in plays:
        if play.streams < 0 or not 0 <= play.engaged <= play.streams:
            raise UsageError(
                f"play of {play.payee!r} by {play.listener!r}: expected streams of 0 or more and as many or fewer "
                f"engaged ones, got {play.streams} and {play.engaged}"
            )
        if not play.payee:
            raise UsageError(f"play by {play.listener!r}: expected a payee, got an empty name")
        if play.streams:
            yield play
