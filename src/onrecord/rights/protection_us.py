# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Terms in the United States: title 17 of the United States Code, as `statutes/us-title-17.toml` quotes it.

Recordings fixed before February 15, 1972 are protected by section 1401 and by no copyright (301(c)); all others, and
compositions, by sections 302 to 305.
"""

import datetime as dt
from typing import Final

from onrecord.model.rights import Event, Part
from onrecord.rights.protection_facts import (
    Known,
    Reckoning,
    Span,
    fixing,
    life_and,
    longest,
    wanted,
    year_end,
)

#: Recordings fixed from this day on have copyright: 17 U.S.C. 301(c).
_COPYRIGHT: Final = dt.date(1972, 2, 15)
#: "shall not apply to any sound recording after February 15, 2067": 1401(a)(2)(A)(ii).
_LAST_OF_OLD: Final = dt.date(2067, 2, 15)
#: 1401 was enacted on October 11, 2018 (note to the section).
_ENACTED: Final = 2018
#: 302 is for works created on or after this day, 303 and 304 for those before.
_NEW_ACT: Final = dt.date(1978, 1, 1)
#: The last day that a copyright secured before the new act can have: 95 years (304).
_LAST_OF_ACT: Final = year_end(_NEW_ACT.year - 1 + 95)
#: By then 28 years are over for what was secured before 1970 (305: to the end of 1997): 304(b) speaks of these.
_IN_RENEWAL: Final = 1970


def reckon(known: Known) -> Reckoning:
    """The term in the United States."""
    published = known.spans.get(Event.PUBLISHED)
    if known.part is not Part.RECORDING:
        return _copyright(known, known.spans.get(Event.CREATED), published)
    fixed = fixing(known)
    if published and published.last < _COPYRIGHT:
        return _before_copyright(known, published)
    if fixed is None:
        return Reckoning(None, None, "17-usc-301-c", (wanted(known.part, Event.FIXED),))
    readings = []
    if fixed.first < _COPYRIGHT:
        readings.append(_before_copyright(known, published))
    if fixed.last >= _COPYRIGHT:
        readings.append(_copyright(known, fixed, published))
    return longest(readings)


def _before_copyright(known: Known, published: Span | None) -> Reckoning:
    """1401(a)(2): 95 years after publication, and a transition period by the year of publication."""
    if published is None:
        missing = (wanted(known.part, Event.PUBLISHED),)
        return Reckoning(None, _LAST_OF_OLD, "17-usc-1401-a-2-A-ii", missing)
    year = published.last.year
    if year < 1923:
        until, clause = year_end(_ENACTED + 3), "17-usc-1401-a-2-B-i"
    elif year <= 1946:
        until, clause = year_end(year + 95 + 5), "17-usc-1401-a-2-B-ii"
    elif year <= 1956:
        until, clause = year_end(year + 95 + 15), "17-usc-1401-a-2-B-iii"
    else:
        until, clause = _LAST_OF_OLD, "17-usc-1401-a-2-B-iv"
    return Reckoning(min(until, _LAST_OF_OLD), None, clause)


def _copyright(known: Known, created: Span | None, published: Span | None) -> Reckoning:
    """302 to 305, for works of named authors. Whether a copyright was renewed is not asked: it counts as renewed."""
    if published and published.last < _NEW_ACT:
        return _published_before(published)
    if created is None:
        missing = [wanted(known.part, Event.CREATED)]
        missing += [] if published else [wanted(known.part, Event.PUBLISHED)]
        return Reckoning(None, None, "17-usc-302-a", tuple(missing))
    readings = []
    if created.first < _NEW_ACT:
        readings.append(_unpublished_before(known, published))
    if created.last >= _NEW_ACT:
        readings.append(life_and(70, known, "17-usc-302-a", "17-usc-302-b"))
    return longest(readings)


def _published_before(published: Span) -> Reckoning:
    year = published.last.year
    clause = "17-usc-304-b" if year < _IN_RENEWAL else "17-usc-304-a-2-B"
    return Reckoning(year_end(year + 95), None, clause)


def _unpublished_before(known: Known, published: Span | None) -> Reckoning:
    """303(a), for a work that had no copyright before 1978: the term of 302, but not before the end of 2002, or of 2047
    where it was published by then. One that was published or registered before 1978 may last until the end of 2072."""
    life = life_and(70, known, "17-usc-303-a", "17-usc-303-a")
    unregistered = f"that the {known.part} was not registered before 1978"
    if published is None or published.first < _NEW_ACT:
        missing = (*life.missing, wanted(known.part, Event.PUBLISHED), unregistered)
        until, reached = None, year_end(2047)
    else:
        missing = (*life.missing, unregistered)
        until = reached = year_end(2047 if published.first.year <= 2002 else 2002)
    if life.until:
        reached = max(reached, life.until)
        until = reached if until else None
    return Reckoning(until, None if life.missing else max(reached, _LAST_OF_ACT), "17-usc-303-a", missing)
