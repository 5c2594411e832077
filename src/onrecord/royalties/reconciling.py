# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two statements of the same sales, side by side: what only one of them has, and what they say otherwise."""

from decimal import Decimal

from msgspec import Struct

from onrecord.royalties.ledgering import Books, Statement
from onrecord.royalties.opening import figure, places, query, remember, tables


class Difference(Struct, frozen=True, kw_only=True):
    """One track, month, service and country; None on the side that has no line for it. `id` can be traced."""

    id: str
    month: str
    service: str
    territory: str
    track: str
    currency: str
    lines_a: int | None
    lines_b: int | None
    quantity_a: int | None
    quantity_b: int | None
    amount_a: Decimal | None
    amount_b: Decimal | None


class Reconciled(Struct, frozen=True, kw_only=True):
    a: Statement
    b: Statement
    differences: list[Difference]


def reconcile(books: Books, a: str, b: str) -> Reconciled:
    """`a` and `b` are digests of statements, or beginnings of them. Alike: same uses and money, to every digit."""
    first, second = books.statement(a), books.statement(b)
    with tables(books) as duck:
        rows = query(duck, "differences", a=first.file, b=second.file)
    found, figures = [], []
    for *cells, at in rows:
        said = dict(zip(Difference.__struct_fields__[1:], cells, strict=True))
        about = " / ".join(said[name] for name in ("month", "service", "territory", "track") if said[name])
        told = figure(
            "difference",
            f"{about}: {first.name} and {second.name}",
            lines=(said["lines_a"] or 0) + (said["lines_b"] or 0),
            currency=said["currency"],
            places=places(at),
        )
        found.append(Difference(id=told.id, **said))
        figures.append(told)
    remember(books, "reconcile", figures)
    return Reconciled(a=first, b=second, differences=found)
