# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facets: short words in the index that a search is narrowed by."""

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from onrecord.model.filters import Filters
from onrecord.model.languages import language

_YEAR: Final = re.compile(r"(1[0-9]{3}|20[0-9]{2})(?![0-9])", re.ASCII)
_VERSION: Final = re.compile(r"-[0-9]+(\.[0-9]+)*$")
_PORT: Final = re.compile(r"(?<=[0-9])-(only|or-later|[a-z]{2,3})$")
_FIRST, _LAST = 1000, 2099
#: Lengths are told apart by whole minutes, from an hour on no more.
_LONGEST: Final = 60
#: A thing has sound.
SOUND: Final = "sound"
#: What stands before a language.
LANGUAGE: Final = "language="


class Facets(Struct, frozen=True):
    """One of each group in `any_of` must be there, and none of `none_of`."""

    any_of: tuple[tuple[str, ...], ...] = ()
    none_of: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.any_of or self.none_of)

    def fit(self, facets: Iterable[str]) -> bool:
        """Would the index give a thing with these facets?"""
        there = set(facets)
        fits = all(not there.isdisjoint(group) for group in self.any_of)
        return fits and there.isdisjoint(self.none_of)


#: Everything fits.
ALL: Final = Facets()


def facets(
    kind: str,
    date: str,
    sources: Iterable[str],
    sound: bool,
    licenses: Iterable[str] = (),
    languages: Iterable[str] = (),
    minutes: int | None = None,
) -> tuple[str, ...]:
    """The facets of a thing; `minutes` are whole ones of its length."""
    year = _YEAR.match(date)
    found = [f"kind={kind}", *(f"source={_word(source)}" for source in sorted(set(sources)))]
    found += [
        f"license={name}" for name in sorted({form for text in licenses for form in license_forms(text)})
    ]
    found += [f"{LANGUAGE}{code}" for code in sorted({code for code in map(language, languages) if code})]
    found += [] if minutes is None else [f"length={min(max(minutes, 0), _LONGEST)}"]
    return (*found, *([f"year={year[1]}"] if year else []), *([SOUND] if sound else []))


def license_forms(license: str) -> tuple[str, ...]:
    """The ways in which a filter may name a license: as it is, without what stands behind its version (the country of a
    port, `-or-later`), and without its version."""
    name = _word(license).casefold()
    plain = _PORT.sub("", name)
    return tuple(dict.fromkeys((name, plain, _VERSION.sub("", plain)))) if name else ()


def wanted(filters: Filters) -> Facets:
    """What the index is asked for. A territory and a shelf are not in it: they are asked on the day. A license is, as
    of the last match, and a length, by whole minutes: whoever shows a hit looks whether it is so."""
    any_of = [tuple(f"kind={kind}" for kind in filters.kinds)]
    any_of.append(tuple(f"source={_word(source)}" for source in filters.sources))
    any_of.append(tuple(f"license={_word(license).casefold()}" for license in filters.licenses))
    first, last = filters.years
    if first is not None or last is not None:
        low = max(_FIRST, _FIRST if first is None else first)
        high = min(_LAST, _LAST if last is None else last)
        any_of.append(tuple(f"year={year}" for year in range(low, high + 1)) or ("year=none",))
    any_of.append(tuple(f"{LANGUAGE}{code.casefold()}" for code in filters.languages))
    any_of.append(_minutes(*filters.seconds))
    of_sound = filters.sound or filters.licenses or filters.territory or filters.shelf
    any_of += [(SOUND,)] if of_sound else []
    any_of += [("kind=recording",)] if filters.of_recordings else []
    none_of = (SOUND,) if filters.sound is False else ()
    return Facets(tuple(group for group in any_of if group), none_of)


def _minutes(least: int | None, most: int | None) -> tuple[str, ...]:
    """The whole minutes that lengths between these two, in seconds, fall into."""
    if least is None and most is None:
        return ()
    first = min(max(least or 0, 0) // 60, _LONGEST)
    last = _LONGEST if most is None else min((most - 1) // 60, _LONGEST)
    return tuple(f"length={minutes}" for minutes in range(first, last + 1)) or ("length=none",)


def _word(text: str) -> str:
    return re.sub(r"\s", "_", text)[:60]
