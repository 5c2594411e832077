# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations, dates and codes as people and programs write them. Each gives "" or None where it is not one."""

import datetime as dt
import re
from typing import Final

from onrecord.model import identifiers

#: Forms of a duration: milliseconds, seconds, `3:45` or `1:02:03`, ISO 8601 `PT3M45S`.
DURATIONS: Final = ("ms", "s", "m:ss", "iso")
#: Letters that stand for the parts of a date in a form such as `DD.MM.YYYY`.
_PARTS: Final = {"YYYY": r"(?P<year>\d{4})", "MM": r"(?P<month>\d{1,2})", "DD": r"(?P<day>\d{1,2})"}
_LONGEST_MS: Final = 10 * 24 * 3600 * 1000
_NUMBER: Final = re.compile(r"\d{1,12}(\.\d{1,12})?", re.ASCII)
_CLOCK: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,4}):([0-5]\d)(?:\.(\d{1,9}))?", re.ASCII)
_BELOW: Final = re.compile(r"(\.\d{3})\d+", re.ASCII)
_ISO: Final = re.compile(
    r"P(?:(\d{1,2})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6}(?:\.\d{1,9})?)S)?)?", re.ASCII
)
_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ].{0,40})?)?)?", re.ASCII)
_LEADING: Final = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(?![\d-])", re.ASCII)
_RECORDING: Final = re.compile(
    r"https?://(?:beta\.)?musicbrainz\.org/recording/([0-9A-Fa-f-]{36})/?(?:[?#]\S*)?"
)
_MARKED: Final = re.compile(r"(?:urn:|info:)?isrc[\s:/-]*([A-Za-z]{2}[A-Za-z0-9 -]{10,16})", re.IGNORECASE)
_PRINTED: Final = re.compile(r"[A-Z]{2}-[A-Z0-9]{3}-\d\d-\d{5}")


def duration_ms(text: str, form: str) -> int | None:
    """Milliseconds, above 0 and below ten days; None where the text is not of that form (`DURATIONS`)."""
    text = text.strip()
    if form in ("ms", "s"):
        found = float(text) * (1 if form == "ms" else 1000) if _NUMBER.fullmatch(text) else 0.0
    elif form == "m:ss":
        clock = _CLOCK.fullmatch(text)
        found = 1000 * _seconds(clock[1], clock[2], f"{clock[3]}.{clock[4] or 0}") if clock else 0.0
    else:
        iso = _ISO.fullmatch(text)
        found = 1000 * (int(iso[1] or 0) * 86400 + _seconds(iso[2], iso[3], iso[4])) if iso else 0.0
    return plausible(round(found))


def milliseconds(text: str) -> int | None:
    """A duration in seconds (`215.32`) or by the clock (`3:35`, `1:02:03.5`), what is below a millisecond left out;
    None for anything else and for 0."""
    return duration_ms(_BELOW.sub(r"\1", text), "m:ss" if ":" in text else "s")


def plausible(duration_ms: int | None) -> int | None:
    """A duration that a recording may have: above 0 and below ten days; None for any other."""
    return duration_ms if duration_ms and 0 < duration_ms < _LONGEST_MS else None


def date(text: str, form: str = "") -> str:
    """`YYYY`, `YYYY-MM` or `YYYY-MM-DD`; a time behind it is left out. `form` says how it is written if otherwise."""
    pattern = _date_pattern(form) if form else _DATE
    found = pattern.fullmatch(text.strip())
    if not found:
        return ""
    year, month, day = _named(found) if form else (found[1], found[2], found[3])
    parts = [year, *(f"{int(part):02d}" for part in (month, day) if part)]
    try:
        dt.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return ""
    return "-".join(parts)


def leading_date(text: str) -> str:
    """The ISO date (year, month or day) that a text begins with; "" where it begins otherwise."""
    found = _LEADING.match(text.strip())
    return date(found[1]) if found else ""


def is_date_form(form: str) -> bool:
    """Does it name a year, and no day without its month?"""
    return form.count("YYYY") == 1 and form.count("MM") <= 1 and form.count("DD") <= form.count("MM")


def isrc(text: str) -> str:
    """An ISRC that says of itself that it is one: `urn:isrc:…`, `ISRC …`, or with its hyphens. Others look alike."""
    marked = _MARKED.fullmatch(text.strip())
    if marked:
        return identifiers.isrc(marked[1])
    return identifiers.isrc(text.strip()) if _PRINTED.fullmatch(text.strip().upper()) else ""


def recording_mbid(text: str) -> str:
    """The MBID in the address of a MusicBrainz recording, and of nothing else there."""
    found = _RECORDING.fullmatch(text.strip())
    return identifiers.mbid(found[1]) if found else ""


def _seconds(hours: str | None, minutes: str | None, seconds: str | None) -> float:
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)


def _date_pattern(form: str) -> re.Pattern[str]:
    pattern = re.escape(form)
    for letters, part in _PARTS.items():
        pattern = pattern.replace(letters, part)
    return re.compile(pattern, re.ASCII)


def _named(found: re.Match[str]) -> tuple[str, str | None, str | None]:
    parts = found.groupdict()
    return parts["year"], parts.get("month"), parts.get("day")
