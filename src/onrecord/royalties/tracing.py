# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows a figure that was printed to the files and rows that it was made of, and adds them up again."""

from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from onrecord.errors import NotFound
from onrecord.model.royalties import StatementLine
from onrecord.royalties.figures import Figure, recall
from onrecord.royalties.ledgering import Books, Statement
from onrecord.royalties.statements.values import EXACT
from onrecord.royalties.tables import tables

#: Which rows a figure was made of, by the beginning of its id, and what is shown of them.
_TABLES: Final = {"pool": "pools", "refused": "refused"}
_SHOWN: Final = {
    "lines": 'amount, quantity, cells, "columns"',
    "pools": 'coalesce(own_revenue, own_net_revenue), own_usages, cells, "columns"',
    "refused": """NULL, NULL, list_prepend("column" || ': expected ' || expected || ', got ' || got, cells), NULL""",
}


#: Figures that add up money alone: lines that count uses of a pool are no part of them.
_OF_MONEY: Final = ("total-", "split-")


class Traced(Struct, frozen=True, kw_only=True):
    """One row: the file with its name and digest, the row's number, and the row as it stands there."""

    name: str
    file: str
    row: int
    amount: Decimal | None
    quantity: int | None
    cells: list[tuple[str, str]]


class Trace(Struct, frozen=True, kw_only=True):
    """`amount` and `quantity` are what the rows add up to today; `same` whether that is what the figure said."""

    figure: Figure
    rows: list[Traced]
    lines: int
    amount: Decimal | None
    quantity: int
    same: bool


def trace(books: Books, name: str, most: int = 1000) -> Trace:
    """The rows of the figure with this id, at most `most` of them shown and all of them added up."""
    figure = recall(books, name)
    if figure is None:
        raise NotFound(
            f"{name!r}: no figure has this id",
            "ids stand beside the figures of `report`, `audit`, `splits` and `reconcile`",
        )
    statements = {one.file: one for one in books.statements()}
    shown: list[Traced] = []
    lines, quantity, amount = 0, 0, None
    with tables(books) as duck:
        sql, parameters = _select(figure)
        for file, row, money, uses, cells, columns in duck.run(sql, parameters):
            lines, quantity = lines + 1, quantity + (uses or 0)
            if money is not None:
                amount = EXACT.add(amount or Decimal(0), money)
            if len(shown) < most:
                shown.append(_traced(statements.get(file), file, row, money, uses, cells, columns))
    whole = len(figure.places) in (0, figure.lines)
    same = not whole or (
        (lines == figure.lines or not figure.lines)
        and figure.amount in (None, amount)
        and (figure.quantity is None or figure.quantity == quantity)
    )
    return Trace(figure=figure, rows=shown, lines=lines, amount=amount, quantity=quantity, same=same)


def _select(figure: Figure) -> tuple[str, dict[str, Any]]:
    table = next((name for kind, name in _TABLES.items() if figure.id.startswith(kind)), "lines")
    shown = _SHOWN[table]
    if figure.places:
        wanted = " OR ".join(f'(file = $f{at} AND "row" = $r{at})' for at in range(len(figure.places)))
        parameters: dict[str, Any] = {f"f{at}": place.file for at, place in enumerate(figure.places)}
        parameters |= {f"r{at}": place.row for at, place in enumerate(figure.places)}
    else:
        parameters = {f"w{at}": value for at, value in enumerate(figure.where.values())}
        tests = [f'"{_field(name)}" = $w{at}' for at, name in enumerate(figure.where)]
        for number, values in enumerate([figure.among, *figure.without]):
            some = []
            for at, (name, taken_values) in enumerate(values.items()):
                parameters[f"v{number}_{at}"] = list(taken_values)
                some.append(f'list_contains($v{number}_{at}, "{_field(name)}")')
            taken = " AND ".join(some) or "true"
            tests.append(f"NOT ({taken})" if number else f"({taken})")
        if figure.id.startswith(_OF_MONEY):
            tests.append("amount IS NOT NULL")
        wanted_lines = bool(figure.where or figure.among)
        wanted = " AND ".join(tests) if wanted_lines else "false"
    return f'SELECT file, "row", {shown} FROM {table} WHERE {wanted} ORDER BY file, "row"', parameters


def _field(name: str) -> str:
    if name not in StatementLine.__struct_fields__:
        raise NotFound(
            f"{name!r}: no field of a line; the file of figures was changed", "run the command again"
        )
    return name


def _traced(
    statement: Statement | None,
    file: str,
    row: int,
    amount: Decimal | None,
    quantity: int | None,
    cells: list[str],
    columns: int | None,
) -> Traced:
    known = statement.columns if statement else []
    # A refused row bears no number; it is shown with the only headers that fit it, behind the reason.
    fitting = [["refused", *names] for names in known if len(names) == len(cells or []) - 1]
    headers = (
        fitting[0] if columns is None and fitting else ["refused"] if columns is None else known[columns]
    )
    named = [(headers[at] if at < len(headers) else "", cell) for at, cell in enumerate(cells or [])]
    return Traced(
        name=statement.name if statement else "",
        file=file,
        row=row,
        amount=amount,
        quantity=quantity,
        cells=named,
    )
