# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What readers of dumps share: the place that a cursor names, the files behind it, the page that is being filled."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from onrecord.errors import UsageError
from onrecord.model.records import Page, Record
from onrecord.sources import folder, packed

_PAGE_RECORDS: Final = 500
_PAGE_BYTES: Final = 4 * 1024 * 1024


class Place(Struct, frozen=True, array_like=True):
    """Where reading stands: a file, the unpacked bytes and the records behind it, its place in the file's tar."""

    file: str = ""
    offset: int = 0
    count: int = 0
    part: int = 0

    @classmethod
    def of(cls, cursor: str) -> "Place":
        """UsageError where `cursor` is neither "" nor a place."""
        if not cursor:
            return cls()
        try:
            place = msgspec.json.decode(cursor, type=cls)
        except msgspec.MsgspecError as error:
            raise _foreign(cursor) from error
        if min(place.offset, place.count, place.part) < 0:
            raise _foreign(cursor)
        return place

    @property
    def cursor(self) -> str:
        return msgspec.json.encode(self).decode()


class Unread(NamedTuple):
    """A file that is to be read, or the rest of one: its printable name, where it lies, and the place to go on from."""

    name: str
    member: folder.Member
    part: packed.Part
    behind: Place


class Filling:
    """The page that is being filled. It stands `at` the last record that went in or was rejected."""

    def __init__(self, cursor: str, records: int = _PAGE_RECORDS) -> None:
        self.cursor = cursor
        self._most = records
        self._records: list[Record] = []
        self._rejected: list[tuple[str, str]] = []
        self._bytes = 0

    def add(self, record: Record) -> None:
        self._records.append(record)
        self._bytes += len(record.payload)

    def reject(self, where: str, why: str) -> None:
        """The same fault, met again by who opened the file, is told once."""
        if not self._rejected or self._rejected[-1][1] != why or where not in self._rejected[-1][0]:
            self._rejected.append((where, why))

    def full(self) -> bool:
        return len(self._records) + len(self._rejected) >= self._most or self._bytes >= _PAGE_BYTES

    def cut(self) -> Page:
        page = Page(tuple(self._records), self.cursor, tuple(self._rejected))
        self._records, self._rejected, self._bytes = [], [], 0
        return page

    def rest(self) -> Iterator[Page]:
        if self._records or self._rejected:
            yield self.cut()


def unread(location: Path, start: Place, filling: Filling) -> Iterator[Unread]:
    """Every file below `location` behind `start`, those in tars too; what must not be opened is rejected by name."""
    for member in folder.members(location):
        if member.parts < folder.place(start.file):
            continue
        if member.refused:
            filling.reject(member.name, member.refused)
            continue
        behind = start if member.name == start.file else Place(member.name)
        try:
            for part in packed.parts(member.path):
                name = f"{member.name}/{part.name}" if part.name else member.name
                if part.number < behind.part:
                    continue
                if part.refused:
                    filling.reject(name, part.refused)
                    continue
                here = behind if part.number == behind.part else Place(member.name, part=part.number)
                yield Unread(name, member, part, here)
        except packed.DAMAGE as error:
            filling.reject(member.name, packed.damage(error))


def _foreign(cursor: str) -> UsageError:
    return UsageError(
        f"expected the cursor of an earlier page, got {cursor[:100]!r}", hint="harvest from the start"
    )
