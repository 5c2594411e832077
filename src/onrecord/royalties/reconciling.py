# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two statements of the same sales, side by side: what only one of them has, and what they say otherwise."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from onrecord.royalties.figures import figure, places, remember
from onrecord.royalties.ledgering import Books, Statement
from onrecord.royalties.tables import query, tables


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


class Alike(Struct, frozen=True, kw_only=True):
    """A service and country of A and one of B that may be the same under other names.

    `tracks` counts the lines of each that only the other has under its name: same month, track, uses and money.
    """

    a: str
    b: str
    tracks: int


class Reconciled(Struct, frozen=True, kw_only=True):
    a: Statement
    b: Statement
    differences: list[Difference]
    alike: list[Alike]


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
    return Reconciled(a=first, b=second, differences=found, alike=_alike(found))


def _alike(differences: Iterable[Difference]) -> list[Alike]:
    """Distributors write `Sweden` or `SE`, `Apple Music` or `iTunes/Apple`. Only what fits nothing else is counted."""
    lonely: dict[tuple[object, ...], tuple[list[str], list[str]]] = {}
    for one in differences:
        if one.lines_a is None or one.lines_b is None:
            only_b = one.lines_a is None
            uses, money = (one.quantity_b, one.amount_b) if only_b else (one.quantity_a, one.amount_a)
            sides = lonely.setdefault((one.month, one.track, one.currency, uses, money), ([], []))
            sides[only_b].append(" / ".join(filter(None, (one.service, one.territory))))
    pairs = Counter((a[0], b[0]) for a, b in lonely.values() if len(a) == len(b) == 1)
    return [Alike(a=a, b=b, tracks=tracks) for (a, b), tracks in sorted(pairs.items())]
