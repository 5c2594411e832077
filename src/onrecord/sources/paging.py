# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the files of a location into pages: the place that a cursor names, the files behind it, the page being filled.

Files in tars count like files of the folder. A cursor also stands inside a long list answer.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeVar

import msgspec
from msgspec import Struct

from onrecord.errors import RecordRejected, UsageError
from onrecord.model.records import Page, Record
from onrecord.sources import folder, json_texts, packed
from onrecord.sources.json_elements import Element
from onrecord.sources.json_texts import Text

_PAGE_RECORDS: Final = 500
_PAGE_BYTES: Final = 4 * 1024 * 1024


class Place(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where reading stands: a file, the unpacked bytes and the records (or lines) behind it, its place in the file's
    tar, and how many elements were taken of the text that comes next.
    """

    file: str
    offset: int
    count: int
    part: int = 0
    taken: int = 0

    @classmethod
    def of(cls, cursor: str) -> "Place":
        """UsageError where `cursor` is neither "" nor a place."""
        if not cursor:
            return cls("", 0, 0)
        try:
            place = msgspec.json.decode(cursor, type=cls)
        except msgspec.MsgspecError as error:
            raise foreign_cursor(cursor) from error
        if min(place.offset, place.count, place.part, place.taken) < 0:
            raise foreign_cursor(cursor)
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

    def place(self, offset: int, count: int) -> Place:
        """The place behind so many bytes and records of this file."""
        return Place(self.member.name, offset, count, self.part.number)

    def json_texts(self) -> Iterator[Text]:
        """Its JSON texts behind the place."""
        document = json_texts.may_be_document(self.name)
        return json_texts.texts_in(self.part.stream, self.behind.offset, self.behind.count, document=document)


class _Placed(Protocol):
    @property
    def place(self) -> str: ...


_Found = TypeVar("_Found", bound=_Placed)


class Filling:
    """The page that is being filled; `cursor` stands behind what went in, or was rejected, last."""

    def __init__(self, cursor: str, records: int = _PAGE_RECORDS, size: int = _PAGE_BYTES) -> None:
        """It is full with so many records and rejections, or so many bytes of payloads."""
        self.cursor = cursor
        self._most = records
        self._size = size
        self._records: list[Record] = []
        self._rejected: list[tuple[str, str]] = []
        self._unchanged: list[str] = []
        self._passed: dict[str, int] = {}
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._records or self._rejected or self._unchanged or self._passed)

    def take(self, element: _Found, where: str, record: Callable[[_Found], Record]) -> None:
        """Take in the record of an element, or why it is none."""
        try:
            self.add(record(element))
        except RecordRejected as reason:
            self.reject(where + element.place, reason.message)

    def add(self, record: Record) -> None:
        self._records.append(record)
        self._bytes += len(record.payload)

    def reject(self, where: str, why: str) -> None:
        """The same fault, met again by who opened the file, is told once."""
        last_where, last_why = self._rejected[-1] if self._rejected else ("", "")
        if why != last_why or not last_where.startswith(where):
            self._rejected.append((where, why))

    def leave(self, record: str) -> None:
        """Name a record that the service says has not changed."""
        self._unchanged.append(record)

    def pass_over(self, what: str, count: int = 1) -> None:
        """Count what was read, is no fault, and makes no record; `what` as in `Page.passed_over`."""
        self._passed[what] = self._passed.get(what, 0) + count

    def full(self) -> bool:
        count = len(self._records) + len(self._rejected) + len(self._unchanged)
        return count >= self._most or self._bytes >= self._size

    def cut(self) -> Page:
        page = Page(
            tuple(self._records),
            self.cursor,
            tuple(self._rejected),
            tuple(self._unchanged),
            tuple(sorted(self._passed.items())),
        )
        self._records, self._rejected, self._unchanged, self._passed, self._bytes = [], [], [], {}, 0
        return page

    def rest(self) -> Iterator[Page]:
        if self:
            yield self.cut()


#: The texts of a file behind its place.
Texts = Callable[[Unread], Iterator[Text]]
#: The elements of a text; RecordRejected where there is nothing to take out of it.
Elements = Callable[[bytes], list[Element]]
#: The record of one element; RecordRejected where it is none.
MakeRecord = Callable[[Element], Record]


def pages(
    location: Path, cursor: str, elements: Elements, record: MakeRecord, texts: Texts = Unread.json_texts
) -> Iterator[Page]:
    """Every record below a location, in the order of `unread`; see `seam.Source.pages` for what holds."""
    page = Filling(cursor)
    for file in unread(location, Place.of(cursor), page):
        at = file.behind
        for text in texts(file):
            where = f"{file.name}:{text.line}"
            for number, element in enumerate(_elements(text, where, elements, page), 1):
                if number <= at.taken:
                    continue
                page.take(element, where, record)
                page.cursor = msgspec.structs.replace(at, taken=number).cursor
                if page.full():
                    yield page.cut()
            at = file.place(text.offset, text.lines)
            page.cursor = at.cursor
            if page.full():
                yield page.cut()
    yield from page.rest()


def unread(location: Path, start: Place, filling: Filling) -> Iterator[Unread]:
    """Every file below `location` behind `start`, those in tars too; what must not be opened is rejected by name."""
    for member in folder.members(location):
        if member.parts < folder.place(start.file):
            continue
        if member.refused:
            filling.reject(member.name, member.refused)
            continue
        behind = start if member.name == start.file else Place(member.name, 0, 0)
        number = -1
        try:
            for part in packed.parts(member.path):
                name = f"{member.name}/{part.name}" if part.name else member.name
                number = part.number
                if part.number < behind.part:
                    continue
                if part.refused:
                    filling.reject(name, part.refused)
                    continue
                here = behind if part.number == behind.part else Place(member.name, 0, 0, part.number)
                yield Unread(name, member, part, here)
        except packed.DAMAGE as error:
            filling.reject(member.name, packed.damage(error))
        else:
            if number < behind.part > 0:
                filling.reject(member.name, "shorter than at the last reading; read it from the start")


def foreign_cursor(cursor: str) -> UsageError:
    """The error for a cursor that no page of the source gave."""
    return UsageError(
        f"expected the cursor of an earlier page, got {cursor[:100]!r}", hint="harvest from the start"
    )


def _elements(text: Text, where: str, elements: Elements, page: Filling) -> list[Element]:
    if text.wrong:
        page.reject(where, text.wrong)
        return []
    try:
        return elements(text.data)
    except RecordRejected as reason:
        page.reject(where, reason.message)
        return []
