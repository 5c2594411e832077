# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Terms in the member states of the European Union: Directive 2006/116/EC as amended by 2011/77/EU, as
`statutes/eu-directive-2006-116.toml` quotes it. Where a state's own law is known to protect longer, it is not asked."""

import datetime as dt
from typing import Final

from onrecord.model.rights import Event, Part
from onrecord.rights.protection_facts import Known, Reckoning, fixing, life_and, wanted, year_end

#: The 27 member states since January 31, 2020, as the Flemish government lists them
#: (https://www.vlaanderen.be/en/working-enterprise-and-investment/, "The countries of the European Union", read on
#: 2026-11-28). Parts with a code of their own (GP, RE, AX, …) and the rest of the EEA are not here: no text was read.
MEMBERS: Final = frozenset(
    """AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK""".split()  # noqa: SIM905
)
#: Article 10(1) leaves longer terms that were running in 1995 as they were. France (extensions for the wars) and Spain
#: (80 years) are said to have them for works; their laws were not read.
LONGER_COMPOSITIONS: Final = frozenset({"ES", "FR"})
#: 70 years are only for what was still protected on this day: article 10(5).
_EXTENDED: Final = dt.date(2013, 11, 1)


def reckon(known: Known) -> Reckoning:
    """The term by the directive."""
    if known.part is Part.RECORDING:
        return _recording(known)
    # 1(7) counts lyricist and composer of a song as if they were joint authors, which 1(2) already gives.
    return life_and(70, known, "2006-116-1-1", "2006-116-1-2")


def _recording(known: Known) -> Reckoning:
    """Article 3(1) and (2). Where performers' and producers' rights end on different days, the later counts, which is
    the producer's: it starts from publication even where the sound was on the air before."""
    published = known.spans.get(Event.PUBLISHED)
    communicated = known.spans.get(Event.COMMUNICATED)
    fixed = fixing(known)
    period = fixed.last.year + 50 if fixed else dt.MAXYEAR
    if published and published.first.year <= period:
        return _from_release(min(published.last.year, period))
    on_air = communicated if communicated and communicated.first.year <= period else None
    missing = [] if published else [f"{wanted(known.part, Event.PUBLISHED)}, or that it never was"]
    if not communicated:
        missing.append(f"{wanted(known.part, Event.COMMUNICATED)}, or that it never was")
    if on_air:
        told = _from_release(min(on_air.last.year, period))
        period = min(period, on_air.last.year + 50)
    elif fixed:
        told = Reckoning(year_end(period), None, "2006-116-3-2")
    else:
        return Reckoning(None, None, "2006-116-3-2", (wanted(known.part, Event.PUBLISHED),))
    return told._replace(missing=tuple(missing), latest=_from_release(period).until if missing else None)


def _from_release(year: int) -> Reckoning:
    """70 years after the year of publication or communication; 50 where these were over before the extension."""
    if year_end(year + 50) < _EXTENDED:
        return Reckoning(year_end(year + 50), None, "2006-116-10-5")
    return Reckoning(year_end(year + 70), None, "2006-116-3-2")
