# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""License expressions as sets of ways. A way names every license that must be kept to: OR adds ways, AND joins them."""

import re
from functools import lru_cache
from typing import Any, Final

from license_expression import ExpressionError, LicenseWithExceptionSymbol, Licensing, get_spdx_licensing

from onrecord.rights.addresses import later_gnu
from onrecord.rights.names import spdx_key

#: One way to be allowed something: all of these licenses at once.
Way = frozenset[str]
Ways = frozenset[Way]

#: Longest expression, and most ways, that are read; a longer one is for a person.
LONGEST: Final = 500
MOST_WAYS: Final = 64
NONE: Final[Ways] = frozenset()

_GNU = re.compile(r"(GPL|LGPL|AGPL|GFDL)-(\d\.\d)-(only|or-later)")
_LATER = re.compile(r"((?:LicenseRef-)?[\w.-]+?)-(\d\.\d)\+")
_REF = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
#: Versions of the families that a `+` can be said of, oldest first.
_SERIES: Final = {
    **{
        f"CC-{kind}": ("1.0", "2.0", "2.5", "3.0", "4.0")
        for kind in ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND")
    },
    "LAL": ("1.2", "1.3"),
    "LicenseRef-OGA-BY": ("3.0", "4.0"),
}


def ways(expression: str) -> Ways:
    """The ways an SPDX expression leaves open, NONE where it cannot be understood whole.

    "Or later" is spelled out into the versions that exist, so that two expressions can be compared as sets.
    An exception (WITH) only adds permissions, so the license alone stands for it.
    """
    return _ways(expression) if len(expression) <= LONGEST else NONE


def canonical(expression: str) -> str:
    """An expression of identifiers in one spelling and order, `+` written out; "" where a part of it is unknown."""
    if not ways(expression):
        return ""
    return str(_parsed(expression).simplify().render())


def agree(one: Ways, other: Ways) -> bool:
    """Two statements about one file agree where one leaves open nothing that the other does not.

    `GPL` (any version) and `GPL-2.0-or-later` agree, `CC-BY-3.0` and `CC-BY-SA-3.0` do not; "A" and "A AND B" do not.
    """
    return bool(one and other) and (one <= other or other <= one)


@lru_cache(maxsize=4096)
def _ways(expression: str) -> Ways:
    try:
        tree = _parsed(expression)
        return _of(tree) if tree is not None else NONE
    except (ExpressionError, ValueError, RecursionError, _TooMany):
        return NONE


def _parsed(expression: str) -> Any:
    spelled = re.sub(r"[\w.+-]+", lambda word: _spell(word[0]), expression)
    return _licensing().parse(spelled, simple=True)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=1)
def _licensing() -> Licensing:
    licensing: Licensing = get_spdx_licensing()  # type: ignore[no-untyped-call]
    return licensing


class _TooMany(Exception):
    pass


def _of(tree: Any) -> Ways:
    licensing = _licensing()
    if isinstance(tree, licensing.OR):
        return _bounded(frozenset().union(*(_all_known(_of(part)) for part in tree.args)))
    if isinstance(tree, licensing.AND):
        joined: Ways = frozenset({frozenset()})
        for part in tree.args:
            joined = _bounded(frozenset(way | more for way in joined for more in _all_known(_of(part))))
        return joined
    if isinstance(tree, LicenseWithExceptionSymbol):
        if not tree.exception_symbol.is_exception:
            return NONE
        return _single(tree.license_symbol.key)
    return _single(tree.key)


def _all_known(found: Ways) -> Ways:
    if not found:
        raise _TooMany
    return found


def _bounded(found: Ways) -> Ways:
    if len(found) > MOST_WAYS:
        raise _TooMany
    return found


def _single(key: str) -> Ways:
    if gnu := _GNU.fullmatch(key):
        versions = later_gnu(gnu[1], gnu[2]) if gnu[3] == "or-later" else (gnu[2],)
        return frozenset(frozenset({f"{gnu[1]}-{version}-only"}) for version in versions)
    known = spdx_key(key)
    if known:
        return frozenset({frozenset({known})})
    return frozenset({frozenset({key})}) if _REF.fullmatch(key) else NONE


def _spell(word: str) -> str:
    """One identifier; `CC-BY-3.0+` becomes the versions that exist, which every reader of SPDX understands."""
    later = _LATER.fullmatch(word)
    if not later or later[1].upper().endswith("GPL"):
        return word
    series = _SERIES.get(later[1], ())
    if later[2] not in series:
        return word.removesuffix("+")
    return "(" + " OR ".join(f"{later[1]}-{version}" for version in series[series.index(later[2]) :]) + ")"
