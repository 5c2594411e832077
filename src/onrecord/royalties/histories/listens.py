# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One row of a listening history, as every reader gives it, and how times become months."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final, Protocol

from msgspec import Struct

from onrecord.model.royalties import LineRejected
from onrecord.royalties.rows import Readable

_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z?")
_EPOCH: Final = re.compile(r"\d{9,10}")
_WHOLE: Final = re.compile(r"\d{1,12}")
#: When Last.fm's forerunner began to keep plays: whatever says to be older was stamped by a clock that was not set.
FIRST: Final = "2002-10"


class Listen(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A play, or several alike where the export counts by day.

    when     the time as far as the export knows it, UTC: tells a row from the same row in another file
    artists  who is credited, in order; () where the export does not say who it was
    credit   the credit as one text, where the export has it apart from the names
    heard    milliseconds that were played, None where the export does not know
    length   milliseconds that the track lasts, None where the export does not know
    """

    row: int
    when: str
    artists: tuple[str, ...]
    title: str
    heard: int | None = None
    length: int | None = None
    plays: int = 1
    credit: str = ""

    @property
    def month(self) -> str:
        return self.when[:7]


class LeftOut(Struct, frozen=True, forbid_unknown_fields=True):
    """A row that is no play of music, and why; it is counted, and not a fault.

    `month` says that the listener was there in that month, where the row has a time: it was paid for.
    """

    why: str
    month: str = ""


class HistoryReader(Protocol):
    """Reads one shape of export."""

    #: Which shape it is, for people.
    name: str
    #: Whose plays they are. A price is that of one service, so files of two are not added up.
    service: str

    def sniff(self, head: bytes) -> bool:
        """Whether the first bytes of a file look like it; the file's name is not asked."""
        ...

    def read(self, stream: Readable) -> Iterator[Listen | LeftOut | LineRejected]:
        """Every row, lazily. Bad bytes give LineRejected and never raise; what it says quotes no personal field."""
        ...


class Wrong(Exception):
    """A cell that cannot be read."""

    def __init__(self, column: str, expected: str, got: str) -> None:
        super().__init__(column, expected, got)
        self.column, self.expected, self.got = column, expected, got


def rejected(row: int, wrong: Wrong) -> LineRejected:
    return LineRejected(row=row, column=wrong.column, expected=wrong.expected, got=named(wrong.got)[:60])


def stamp(column: str, text: str) -> str:
    """A time in UTC as exports write it, checked; to the second or the minute."""
    try:
        if not _STAMP.fullmatch(text):
            raise ValueError
        when = dt.datetime.fromisoformat(text.removesuffix("Z")[:19].replace(" ", "T")).isoformat()
    except ValueError:
        raise Wrong(column, "a time such as 2024-05-31T21:04:00Z", text) from None
    return plausible(column, when, text)


def epoch(column: str, seconds: int | str) -> str:
    """Seconds since 1970, as a time in UTC."""
    text = str(seconds).strip()
    if not _EPOCH.fullmatch(text):
        raise Wrong(column, "seconds since 1970", text)
    when = dt.datetime.fromtimestamp(int(text), dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return plausible(column, when, text)


def plausible(column: str, when: str, text: str) -> str:
    """`when`, unless no play can be so old or is so far ahead: such a time would put a month where none was paid."""
    tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    if not FIRST <= when <= tomorrow:
        raise Wrong(column, f"a time between {FIRST} and today (the player's clock was not set)", text)
    return when


def whole(column: str, text: str) -> int | None:
    """A whole number of 0 or more; None for an empty cell."""
    text = text.strip()
    if not text:
        return None
    if not _WHOLE.fullmatch(text):
        raise Wrong(column, "a whole number", text)
    return int(text)


def named(text: str) -> str:
    """A name as one line of valid text."""
    return " ".join(text.encode("utf-8", "replace").decode().split())


def credited(*names: str | None) -> tuple[str, ...]:
    return tuple(name for raw in names if raw and (name := named(raw)))
