# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a use brought: by service, country, tier and month, with the spread of its lines; exact until it is printed."""

from decimal import Context, Decimal
from typing import Any, Final

from msgspec import Struct

from onrecord.royalties.figures import Figure, Place, figure, remember
from onrecord.royalties.ledgering import Books
from onrecord.royalties.statements.values import EXACT
from onrecord.royalties.tables import query, tables

#: A rate is a quotient, so it is cut somewhere: here, far behind what any statement prints.
_RATE: Final = Context(prec=20)


class Rate(Struct, frozen=True, kw_only=True):
    """One cell of the report. `rate` is amount by quantity; low and high are the lines that brought least and most a
    use. None where a cell has no counted use or its money is in pools."""

    id: str
    service: str
    territory: str
    tier: str
    right: str
    currency: str
    month: str
    reader: str
    lines: int
    refunds: int
    quantity: int
    amount: Decimal | None
    rate: Decimal | None
    low: Decimal | None
    low_at: Place | None
    high: Decimal | None
    high_at: Place | None


class PoolRate(Struct, frozen=True, kw_only=True):
    """What a pool paid a use: the payee's money by the payee's uses, and the whole pool by all uses."""

    id: str
    service: str
    territory: str
    tier: str
    right: str
    payee: str
    currency: str
    month: str
    at: Place
    own_usages: int | None
    own_revenue: Decimal | None
    own_rate: Decimal | None
    pool_rate: Decimal | None


class Report(Struct, frozen=True, kw_only=True):
    rates: list[Rate]
    pools: list[PoolRate]
    totals: list[Figure]


def report(books: Books, since: str = "", until: str = "9999-99") -> Report:
    """Rates of the months from `since` to `until`, both included; its figures can be traced."""
    with tables(books) as duck:
        found = [_rate(row) for row in query(duck, "rates", since=since, until=until)]
        pools = [_pool(row) for row in duck.run(_POOLS, {"since": since, "until": until})]
    sums: dict[str, tuple[Decimal, int, int]] = {}
    for rate, _ in found:
        if rate.amount is not None:
            amount, lines, uses = sums.get(rate.currency, (Decimal(0), 0, 0))
            sums[rate.currency] = (EXACT.add(amount, rate.amount), lines + rate.lines, uses + rate.quantity)
    totals = [
        figure(
            "total",
            f"all that was paid in {code}",
            lines=lines,
            amount=amount,
            quantity=uses,
            currency=code,
            where={"currency": code},
        )
        for code, (amount, lines, uses) in sorted(sums.items())
    ]
    remember(books, "report", [*totals, *(one for _, one in found), *(one for _, one in pools)])
    return Report(rates=[rate for rate, _ in found], pools=[pool for pool, _ in pools], totals=totals)


def per_use(amount: Decimal | None, quantity: int | None) -> Decimal | None:
    return _RATE.divide(amount, quantity).normalize(_RATE) if amount is not None and quantity else None


_POOLS: Final = """
SELECT service, territory, tier, "right", payee, currency, month, file, "row", own_usages,
       coalesce(own_revenue, own_net_revenue), usages, revenue
FROM pools WHERE month >= $since AND month <= $until
ORDER BY service, territory, tier, "right", payee, currency, month, file, "row"
"""
_KEYS: Final = ("service", "territory", "tier", "right", "currency", "month", "reader")


def _rate(row: tuple[Any, ...]) -> tuple[Rate, Figure]:
    keys = dict(zip(_KEYS, row[:7], strict=True))
    lines, quantity, amount, refunds, low, high = row[7], int(row[8]), row[9], row[10], row[11], row[12]
    about = " / ".join(value for key, value in keys.items() if value and key not in ("reader", "currency"))
    told = figure(
        "rate", about, lines=lines, amount=amount, quantity=quantity, currency=keys["currency"], where=keys
    )
    rate = Rate(
        id=told.id,
        **keys,
        lines=lines,
        refunds=refunds,
        quantity=quantity,
        amount=amount,
        rate=per_use(amount, quantity),
        low=per_use(low["amount"], low["quantity"]) if low else None,
        low_at=Place(low["file"], low["row"]) if low else None,
        high=per_use(high["amount"], high["quantity"]) if high else None,
        high_at=Place(high["file"], high["row"]) if high else None,
    )
    return rate, told


def _pool(row: tuple[Any, ...]) -> tuple[PoolRate, Figure]:
    service, territory, tier, right, payee, currency, month, file, number, own, money, usages, revenue = row
    about = " / ".join(part for part in ("pool of", service, territory, tier, right, payee, month) if part)
    told = figure(
        "pool", about, lines=1, amount=money, quantity=own, currency=currency, places=[Place(file, number)]
    )
    return PoolRate(
        id=told.id,
        service=service,
        territory=territory,
        tier=tier,
        right=right,
        payee=payee,
        currency=currency,
        month=month,
        at=Place(file, number),
        own_usages=own,
        own_revenue=money,
        own_rate=per_use(money, own),
        pool_rate=per_use(revenue, usages),
    ), told
