# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what should be a code, a date or a duration, and keeps what is none, for the report on a source."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from onrecord.model import identifiers
from onrecord.sources import spelled

#: Fields of claims that hold a code, and those that a report names though no claim has them: `ipi`, `dpid`.
CODES: Final[Mapping[str, Callable[[str], str]]] = {
    "isrc": identifiers.isrc,
    "iswc": identifiers.iswc,
    "mbid": identifiers.mbid,
    "barcode": identifiers.barcode,
    "isni": identifiers.isni,
    "ipi": identifiers.ipi,
    "dpid": identifiers.dpid,
    "code": identifiers.label_code,
}
_Value = TypeVar("_Value")


class Codes:
    """The codes of one record. `odd` has what stood there and is none, once, as `Claims` has it."""

    def __init__(self) -> None:
        self._odd: dict[tuple[str, str, str], None] = {}

    @property
    def odd(self) -> tuple[tuple[str, str, str], ...]:
        return tuple(self._odd)

    def code(self, id: str, field: str, values: Iterable[str]) -> str:
        """The first value that is a code of its field (`CODES`), "" where none is."""
        return self.read(id, field, values, CODES[field]) or ""

    def date(self, id: str, *values: str) -> str:
        """The first value that begins with an ISO date, as that date. One of zeros alone says nothing."""
        said = [value for value in values if value.strip("0-: T")]
        return self.read(id, "date", said, spelled.leading_date) or ""

    def duration(self, id: str, value: str) -> int | None:
        """Seconds or a clock, as milliseconds. Zero, and -1 where nothing is known, say nothing."""
        said = [] if value.strip("0:.") in ("", "-1") else [value]
        return self.read(id, "duration_ms", said, spelled.milliseconds)

    def read(
        self, id: str, field: str, values: Iterable[str], parse: Callable[[str], _Value | None]
    ) -> _Value | None:
        """The first value that can be read; one that stands there and cannot (`parse` gives None or "") is kept."""
        first = None
        for value in filter(None, values):
            found = parse(value)
            if found is None or found == "":
                self._odd[id, field, value] = None
            elif first is None:
                first = found
        return first
