# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the files of a location into pages of records, with cursors that also stand inside a long list answer."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from onrecord.errors import RecordRejected, UsageError
from onrecord.model.records import Page, Record
from onrecord.sources import folder
from onrecord.sources.json_texts import Text

_PAGE_RECORDS: Final = 500
_PAGE_BYTES: Final = 4 * 1024 * 1024


class Element(NamedTuple):
    """A record's bytes as they stand in a text; `place` says where in it (`#results[3]`), "" for the whole text."""

    raw: bytes
    place: str = ""


#: The texts of a file, going on behind an offset and a count of lines, as `json_texts.texts` gives them.
Texts = Callable[[Path, int, int], Iterator[Text]]
#: The elements of a text; RecordRejected where there is nothing to take out of it.
Elements = Callable[[bytes], list[Element]]
#: The record of one element; RecordRejected where it is none.
MakeRecord = Callable[[Element], Record]


def pages(
    location: Path, cursor: str, texts: Texts, elements: Elements, record: MakeRecord
) -> Iterator[Page]:
    """Every record below a location, in the order of `folder.members`; see `seam.Source.pages` for what holds."""
    start = _parsed(cursor)
    filling = Filling(cursor)
    for member in folder.members(location):
        if member.parts < folder.place(start.name):
            continue
        if member.refused:
            filling.reject(member.name, member.refused)
            continue
        at = start if member.name == start.name else _Cursor(member.name)
        for text in texts(member.path, at.offset, at.lines):
            where = f"{member.name}:{text.line}"
            for number, element in enumerate(_elements(text, where, elements, filling), 1):
                if number <= at.taken:
                    continue
                filling.take(element, where, record)
                filling.cursor = at._replace(taken=number).written()
                if filling.full():
                    yield filling.cut()
            at = _Cursor(member.name, text.offset, text.lines)
            filling.cursor = at.written()
            if filling.full():
                yield filling.cut()
    if filling:
        yield filling.cut()


class Filling:
    """The page that is being filled; `cursor` stands behind what went in last."""

    def __init__(self, cursor: str, most: int = _PAGE_RECORDS) -> None:
        self.cursor = cursor
        self._most = most
        self._records: list[Record] = []
        self._rejected: list[tuple[str, str]] = []
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._records or self._rejected)

    def take(self, element: Element, where: str, record: MakeRecord) -> None:
        """Take in the record of an element, or why it is none."""
        try:
            found = record(element)
        except RecordRejected as reason:
            self.reject(where + element.place, reason.message)
        else:
            self._records.append(found)
            self._bytes += len(found.payload)

    def reject(self, where: str, why: str) -> None:
        self._rejected.append((where, why))

    def full(self) -> bool:
        return len(self._records) + len(self._rejected) >= self._most or self._bytes >= _PAGE_BYTES

    def cut(self) -> Page:
        page = Page(tuple(self._records), self.cursor, tuple(self._rejected))
        self._records, self._rejected, self._bytes = [], [], 0
        return page


class _Cursor(NamedTuple):
    """Behind which text of which file, and how many elements of the text after it were taken."""

    name: str = ""
    offset: int = 0
    lines: int = 0
    taken: int = 0

    def written(self) -> str:
        return msgspec.json.encode(tuple(self)).decode()


def _parsed(cursor: str) -> _Cursor:
    if not cursor:
        return _Cursor()
    try:
        return _Cursor(*msgspec.json.decode(cursor, type=tuple[str, int, int, int]))
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"expected the cursor of an earlier page, got {cursor[:100]!r}", hint="harvest from the start"
        ) from error


def _elements(text: Text, where: str, elements: Elements, filling: Filling) -> list[Element]:
    if text.wrong:
        filling.reject(where, text.wrong)
        return []
    try:
        return elements(text.data)
    except RecordRejected as reason:
        filling.reject(where, reason.message)
        return []
