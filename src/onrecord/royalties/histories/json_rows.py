# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of a JSON export one at a time, by counted characters, so that no file is ever in memory as a whole."""

import codecs
import json
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from onrecord.model.royalties import LineRejected
from onrecord.royalties.histories.listens import LeftOut, Listen, Wrong, rejected
from onrecord.royalties.rows import Readable

T = TypeVar("T")

#: Longest single object in characters; those of exports have one or two thousand.
LONGEST: Final = 1024 * 1024
_CHUNK: Final = 64 * 1024
_BETWEEN: Final = " \t\r\n,"


class Row(NamedTuple):
    """`number` counts objects (in a file of lines: lines) from 1. `wrong` says why there is no value."""

    number: int
    value: Any
    wrong: str = ""


def head_of(head: bytes) -> str:
    """The start of a file as text, to look at its keys."""
    return head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")


def items(stream: Readable, key: str = "") -> Iterator[Row]:
    """The objects of an array: the whole file, or what stands under `key` of the object that the file is.

    JSON that breaks off cannot be read beyond: the last row says so.
    """
    window = _Window(stream)
    if key and not window.behind(f'"{key}"'):
        yield Row(1, None, f"no list called {key!r}")
        return
    if not window.behind("["):
        yield Row(1, None, "no list")
        return
    number = 0
    while (start := window.next(_BETWEEN)) != "]":
        number += 1
        value, wrong = window.value() if start else (None, "the file ends inside the list")
        yield Row(number, value, wrong)
        if wrong:
            return


def lines(stream: Readable) -> Iterator[Row]:
    """The objects of JSON Lines; a line that cannot be read does not hide the next."""
    window = _Window(stream)
    number = 0
    while (line := window.line()) is not None:
        number += 1
        if len(line) > LONGEST:
            yield Row(number, None, f"a line of more than {LONGEST} characters")
        elif line.strip():
            try:
                yield Row(number, json.loads(line))
            except (ValueError, RecursionError):
                yield Row(number, None, "no JSON")


def read_as(
    rows: Iterator[Row], shape: type[T], make: Callable[[int, T], Listen | LeftOut]
) -> Iterator[Listen | LeftOut | LineRejected]:
    """Rows as listens: of each object the fields of `shape` alone, the others are dropped with the object."""
    for row in rows:
        if row.wrong:
            yield LineRejected(row=row.number, column="", expected="a JSON object", got=row.wrong)
            continue
        try:
            fields = msgspec.convert(row.value, shape)
        except msgspec.ValidationError as error:
            # Msgspec names types and the place, never the value.
            yield LineRejected(
                row=row.number, column="", expected="the fields of this export", got=str(error)
            )
            continue
        try:
            yield make(row.number, fields)
        except Wrong as wrong:
            yield rejected(row.number, wrong)


class _Window:
    """The part of the text that is being read. Bytes that are no UTF-8 become replacement characters."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
        self._parse = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0
        self._ended = False

    def behind(self, mark: str) -> bool:
        """Move behind the next `mark`; of the text before it nothing is kept."""
        while (found := self._text.find(mark, self._at)) < 0:
            self._at = max(self._at, len(self._text) - len(mark) + 1)
            if not self._more():
                return False
        self._at = found + len(mark)
        return True

    def next(self, passed: str) -> str:
        """The next character that is none of `passed`, which stays; "" at the end."""
        while True:
            while self._at < len(self._text):
                if (char := self._text[self._at]) not in passed:
                    return char
                self._at += 1
            if not self._more():
                return ""

    def value(self) -> tuple[Any, str]:
        """The value that starts here, or why there is none."""
        while True:
            try:
                value, self._at = self._parse(self._text, self._at)
                return value, ""
            except RecursionError:
                return None, "lists within lists, too deep"
            except ValueError:
                # Cut off by the window's end, or broken: more text decides.
                if len(self._text) - self._at > LONGEST or not self._more():
                    return None, "no JSON, or cut off; the rows behind it were not read"

    def line(self) -> str | None:
        """The next line; None at the end. Of an overlong one, more than LONGEST characters and not all."""
        long = ""
        while (found := self._text.find("\n", self._at)) < 0:
            if len(self._text) - self._at > LONGEST:
                long, self._at = self._text[self._at :], len(self._text)
            if not self._more():
                found = len(self._text)
                break
        if self._ended and self._at >= len(self._text):
            return long or None
        line, self._at = self._text[self._at : found], found + 1
        return long or line

    def _more(self) -> bool:
        if self._ended:
            return False
        data = self._stream.read(_CHUNK)
        self._ended = not data
        self._text = self._text[self._at :] + self._decode(data, self._ended)
        self._at = 0
        return not self._ended or bool(self._text)
