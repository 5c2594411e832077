# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the dated facts about a recording or a composition come to: spans of days, authors, and what is wrong."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from onrecord.model.rights import Dated, Event, Evidence, Part, Says


class Span(NamedTuple):
    """The days that a date can mean: of `1950`, the first and the last day of 1950."""

    first: dt.date
    last: dt.date


class Known(NamedTuple):
    """The facts about one part, joined.

    spans    event to the days it can have been; facts that differ make one span of them all
    authors  name as first told, to when they died; None where no fact says so
    faults   what no term can be counted from, each a few words that name what is wanted
    """

    part: Part
    spans: dict[Event, Span]
    authors: dict[str, Span | None]
    faults: tuple[str, ...]
    rests_on: tuple[Evidence, ...]


class Reckoning(NamedTuple):
    """What a law makes of the facts.

    until    last day of protection by the facts that are told; None where they give none
    latest   the last day whatever the missing facts are; None where the law sets no such bound
    clause   id in `statutes/*.toml`
    missing  the facts that are wanted
    """

    until: dt.date | None
    latest: dt.date | None
    clause: str
    missing: tuple[str, ...] = ()


_HAPPENED: Final = {
    Event.PUBLISHED: "was first published",
    Event.COMMUNICATED: "was first communicated to the public",
    Event.FIXED: "was fixed",
    Event.CREATED: "was created",
}
#: What cannot be earlier than what.
_AFTER: Final = (
    (Event.PUBLISHED, Event.FIXED),
    (Event.PUBLISHED, Event.CREATED),
    (Event.COMMUNICATED, Event.FIXED),
    (Event.COMMUNICATED, Event.CREATED),
)
_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)


def read_facts(facts: Sequence[Evidence], part: Part, day: dt.date) -> Known:
    """The facts that speak of a part, as they are known on a day."""
    about = sorted({item.id: item for item in facts if _speaks_of(item, part)}.items())
    rests_on = tuple(item for _, item in about)
    faults: set[str] = set()
    spans: dict[Event, Span] = {}
    deaths: dict[str, Span] = {}
    for item in rests_on:
        if item.says is not Says.DATED or item.dated is None:
            continue
        span = read_date(item.dated.date)
        fault = _fault(item.dated, span, part, day)
        if fault or span is None:
            faults.add(fault)
        elif item.dated.event is Event.DIED:
            who = fold(item.dated.person)
            deaths[who] = _joined(deaths.get(who), span)
        else:
            spans[item.dated.event] = _joined(spans.get(item.dated.event), span)
    names = sorted(item.holder for item in rests_on if item.says is Says.WRITER)
    authors = {fold(name): name for name in reversed(names)}
    died = {authors[who]: deaths.get(who) for who in sorted(authors)}
    faults |= {*_disorder(spans, died, part)}
    return Known(part, spans, died, tuple(sorted(faults)), rests_on)


def read_date(text: str) -> Span | None:
    """The days that `YYYY`, `YYYY-MM` or `YYYY-MM-DD` can mean; None for any other text, and for a day that is none."""
    match = _DATE.fullmatch(text)
    if not match:
        return None
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    try:
        first = dt.date(year, month, day)
    except ValueError:
        return None
    if match[3]:
        return Span(first, first)
    if not match[2] or month == 12:
        return Span(first, dt.date(year, 12, 31))
    return Span(first, dt.date(year, month + 1, 1) - dt.timedelta(days=1))


def fixing(known: Known) -> Span | None:
    """When a recording was fixed. It is created by being fixed (17 U.S.C. 101), so both words count."""
    told = [known.spans[event] for event in (Event.FIXED, Event.CREATED) if event in known.spans]
    return _joined(told[0], told[-1]) if told else None


def year_end(year: int) -> dt.date:
    """The last day of a year; what lies beyond the calendar ends with it."""
    return dt.date(min(year, dt.MAXYEAR), 12, 31)


def wanted(part: Part, event: Event) -> str:
    """A missing fact in words: `when the recording was fixed`."""
    return f"when the {part} {_HAPPENED[event]}"


def life_and(years: int, known: Known, one: str, several: str) -> Reckoning:
    """The life of the last surviving author and some years, by clause `one`, or `several` of more than one author."""
    if not known.authors:
        return Reckoning(None, None, one, (f"who the authors of the {known.part} are and when each died",))
    clause = one if len(known.authors) == 1 else several
    living = tuple(
        f"when {name or 'an author without a name'} died" for name, died in known.authors.items() if not died
    )
    last = [year_end(died.last.year + years) for died in known.authors.values() if died]
    return Reckoning(max(last, default=None), None, clause, living)


def longest(readings: Iterable[Reckoning]) -> Reckoning:
    """The reading that protects longest where more than one is possible; what any of them misses is missing."""
    every = list(readings)
    chosen = max(every, key=lambda reading: (reading.until or dt.date.min, _bound(reading)))
    missing = tuple(dict.fromkeys(fact for reading in every for fact in reading.missing))
    latest = max(_bound(reading) for reading in every)
    return chosen._replace(missing=missing, latest=None if latest == dt.date.max else latest)


def fold(name: str) -> str:
    """A name for comparison: no case, accents or punctuation."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return " ".join(re.findall(r"\w+", "".join(sign for sign in plain if not unicodedata.combining(sign))))


def _bound(reading: Reckoning) -> dt.date:
    return (reading.latest if reading.missing else reading.until) or dt.date.max


def _speaks_of(item: Evidence, part: Part) -> bool:
    """A death or a writer told of the whole is about the composition; a publication told of the whole is the
    recording's: a record that is sold does not publish the song on it (17 U.S.C. 303(b))."""
    if item.says is not Says.WRITER and not (item.says is Says.DATED and item.dated):
        return False
    died = item.dated is not None and item.dated.event is Event.DIED
    whole = Part.COMPOSITION if item.says is Says.WRITER or died else Part.RECORDING
    return item.part == part or (item.part == "all" and part is whole)


def _fault(dated: Dated, span: Span | None, part: Part, day: dt.date) -> str:
    of = (
        f"{dated.person or 'an author'} died"
        if dated.event is Event.DIED
        else f"the {part} {_HAPPENED[dated.event]}"
    )
    if span is None:
        return f"a date for when {of}: expected YYYY, YYYY-MM or YYYY-MM-DD, got {dated.date!r}"
    if span.first > day:
        return f"a date for when {of} that is not in the future: got {dated.date}, asked about {day}"
    if dated.event is Event.DIED and not fold(dated.person):
        return f"who it was that died in {dated.date}"
    return ""


def _disorder(spans: dict[Event, Span], died: dict[str, Span | None], part: Part) -> list[str]:
    found = [
        f"dates in order: {wanted(part, later)} ({spans[later].last}) "
        f"cannot be before {wanted(part, earlier)} ({spans[earlier].first})"
        for later, earlier in _AFTER
        if later in spans and earlier in spans and spans[later].last < spans[earlier].first
    ]
    created = spans.get(Event.CREATED)
    return found + [
        f"dates in order: {wanted(part, Event.CREATED)} ({created.first}) cannot be after {name} died ({death.last})"
        for name, death in died.items()
        if created and death and death.last < created.first
    ]


def _joined(one: Span | None, other: Span) -> Span:
    return other if one is None else Span(min(one.first, other.first), max(one.last, other.last))
