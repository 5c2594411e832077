# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facets: short words in the index that a search is narrowed by."""

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from onrecord.model.filters import Filters

_YEAR: Final = re.compile(r"(1[0-9]{3}|20[0-9]{2})(?![0-9])", re.ASCII)
_VERSION: Final = re.compile(r"-[0-9]+(\.[0-9]+)*$")
_FIRST, _LAST = 1000, 2099
#: A thing has sound.
SOUND: Final = "sound"


class Facets(Struct, frozen=True):
    """One of each group in `any_of` must be there, and none of `none_of`."""

    any_of: tuple[tuple[str, ...], ...] = ()
    none_of: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.any_of or self.none_of)

    def fit(self, facets: Iterable[str]) -> bool:
        """Would the index give a thing with these facets?"""
        there = set(facets)
        return all(there & set(group) for group in self.any_of) and not there & set(self.none_of)


#: Everything fits.
ALL: Final = Facets()


def facets(
    kind: str, date: str, sources: Iterable[str], sound: bool, licenses: Iterable[str] = ()
) -> tuple[str, ...]:
    """The facets of a thing."""
    year = _YEAR.match(date)
    found = [f"kind={kind}", *(f"source={_word(source)}" for source in sorted(set(sources)))]
    found += [
        f"license={name}" for name in sorted({form for text in licenses for form in license_forms(text)})
    ]
    return (*found, *([f"year={year[1]}"] if year else []), *([SOUND] if sound else []))


def license_forms(license: str) -> tuple[str, ...]:
    """The ways in which a filter may name a license: as it is, and without its version."""
    name = _word(license).casefold()
    return tuple(dict.fromkeys((name, _VERSION.sub("", name)))) if name else ()


def wanted(filters: Filters) -> Facets:
    """What the index is asked for. A territory is not in it: that is asked of the gate, on the day. A license is, as of
    the last match: whoever shows a hit looks whether the evidence still says it."""
    any_of = [tuple(f"kind={kind}" for kind in filters.kinds)]
    any_of.append(tuple(f"source={_word(source)}" for source in filters.sources))
    any_of.append(tuple(f"license={_word(license).casefold()}" for license in filters.licenses))
    first, last = filters.years
    if first is not None or last is not None:
        low = max(_FIRST, _FIRST if first is None else first)
        high = min(_LAST, _LAST if last is None else last)
        any_of.append(tuple(f"year={year}" for year in range(low, high + 1)) or ("year=none",))
    of_sound = filters.sound or filters.licenses or filters.territory
    any_of += [(SOUND,)] if of_sound else []
    any_of += [("kind=recording",)] if filters.licenses or filters.territory else []
    none_of = (SOUND,) if filters.sound is False else ()
    return Facets(tuple(group for group in any_of if group), none_of)


def _word(text: str) -> str:
    return re.sub(r"\s", "_", text)[:60]
