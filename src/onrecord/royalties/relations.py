# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic that a statement promises, line by line: `net = quantity * unit_price`, within its own rounding."""

import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from typing import Any, Final, NamedTuple

from onrecord.royalties.statements.values import EXACT

_RELATION: Final = re.compile(r"(\w+) = (\w+) ([*-]) (\w+)")
#: Statements are printed from binary floats: what is closer than this part of the value is the same.
_CLOSE: Final = Decimal("1e-12")
_SHOWN: Final = Context(prec=15)


class Broken(NamedTuple):
    """What a line should say by its own arithmetic, what it says, and how far apart rounding alone would bring them."""

    relation: str
    expected: Decimal
    stated: Decimal
    tolerance: Decimal


def check(relation: str, decimals: Mapping[str, int]) -> Callable[[Mapping[str, Any]], Broken | None]:
    """A test of one relation. `decimals` are those that each field has in the file: half a unit of the last one is what
    rounding may have done to each number; unit prices are rounded, so uses multiply it."""
    found = _RELATION.fullmatch(relation)
    if found is None:
        raise ValueError(relation)
    left, a, operator, b = found[1], found[2], found[3], found[4]
    half = {field: _half(field, decimals) for field in (left, a, b)}

    def test(line: Mapping[str, Any]) -> Broken | None:
        stated, first, second = _value(line, left), _value(line, a), _value(line, b)
        if stated is None or first is None or second is None:
            return None
        if operator == "*":
            expected = EXACT.multiply(first, second)
            slack = EXACT.add(
                EXACT.multiply(first.copy_abs(), half[b]), EXACT.multiply(second.copy_abs(), half[a])
            )
        else:
            expected, slack = EXACT.subtract(first, second), EXACT.add(half[a], half[b])
        tolerance = EXACT.add(EXACT.add(slack, half[left]), EXACT.multiply(expected.copy_abs(), _CLOSE))
        if EXACT.subtract(expected, stated).copy_abs() <= tolerance:
            return None
        return Broken(relation, _SHOWN.plus(expected).normalize(), stated.normalize(), _SHOWN.plus(tolerance))

    return test


def fields(relation: str) -> tuple[str, ...]:
    found = _RELATION.fullmatch(relation)
    return (found[1], found[2], found[4]) if found else ()


def _half(field: str, decimals: Mapping[str, int]) -> Decimal:
    if field == "quantity":
        return Decimal(0)
    # A share is kept in percent and used as a fraction.
    return Decimal(5).scaleb(-decimals.get(field, 0) - 1 - (2 if field == "share" else 0))


def _value(line: Mapping[str, Any], field: str) -> Decimal | None:
    value = line[field]
    if value is None:
        return None
    return Decimal(value).scaleb(-2, EXACT) if field == "share" else Decimal(value)
