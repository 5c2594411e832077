# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that say a number or a UUID, as these: what is a third of the bytes. What is spelled otherwise stays text."""

import re
import uuid
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

AS_IS, DECIMAL, DATE, ISRC, BARCODE, UUID = range(6)


def spell(how: int, values: Sequence[Any]) -> tuple[int, Sequence[Any]]:
    """(how, the values so); as they are where some would not be told from what they are made into."""
    if how == AS_IS or not _READ.isdisjoint(map(type, values)):
        return AS_IS, values
    if how == DECIMAL and _are_decimal(values):
        return how, list(map(int, values))
    made = _MADE[how][0]
    return how, [made(value) if isinstance(value, str) and value else value for value in values]


def read(how: int, value: Any) -> Any:
    """A value as it was."""
    return _MADE[how][1](value) if how > 0 and (type(value) is int or isinstance(value, bytes)) else value


def of_ids(values: Sequence[str]) -> int:
    """How ids of a source are spelled."""
    first = values[0]
    return DECIMAL if _decimal(first) != first else UUID if _uuid(first) != first else AS_IS


def uuid_bytes(text: str) -> bytes | None:
    """Those of a UUID that is spelled as all are, None of any other text."""
    made = _uuid(text)
    return made if isinstance(made, bytes) else None


def _are_decimal(values: Sequence[Any]) -> bool:
    """Is each of them a number as `_decimal` takes it, so that they need not be looked at one by one?"""
    if set(map(type, values)) != {str} or not all(values) or max(map(len, values)) > 18:
        return False
    together = "".join(values)
    return together.isascii() and together.isdecimal() and not any(value[0] == "0" for value in values)


def _decimal(text: str) -> int | str:
    plain = text.isascii() and text.isdecimal() and len(text) < 19 and (text[0] != "0" or text == "0")
    return int(text) if plain else text


@lru_cache(maxsize=16_384)
def _date(text: str) -> int | str:
    """Kept, since a day comes again with each piece of a release."""
    if not _DATE.fullmatch(text):
        return text
    number = (int(text[:4]) * 13 + int(text[5:7] or 0)) * 32 + int(text[8:] or 0)
    return number if _date_text(number) == text else text


def _date_text(number: int) -> str:
    months, day = divmod(number, 32)
    year, month = divmod(months, 13)
    return f"{year:04}" + (f"-{month:02}" if month else "") + (f"-{day:02}" if day else "")


def _isrc(text: str) -> int | str:
    if not _ISRC.fullmatch(text):
        return text
    place = (ord(text[0]) - 65) * 26 + ord(text[1]) - 65
    return (place * 46_656 + int(text[2:5], 36)) * 10_000_000 + int(text[5:])


def _isrc_text(number: int) -> str:
    code, last = divmod(number, 10_000_000)
    place, who = divmod(code, 46_656)
    first, second = divmod(place, 26)
    registrant = "".join(_DIGITS[who // 36**at % 36] for at in (2, 1, 0))
    return f"{chr(65 + first)}{chr(65 + second)}{registrant}{last:07}"


def _barcode(text: str) -> int | str:
    """Without its last digit, which follows from the others."""
    if len(text) not in _LENGTHS or not (text.isascii() and text.isdecimal()):
        return text
    number = int(text[:-1]) * 4 + _LENGTHS.index(len(text))
    return number if _barcode_text(number) == text else text


def _barcode_text(number: int) -> str:
    body, length = divmod(number, 4)
    text = f"{body:0{_LENGTHS[length] - 1}}"
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(text)))
    return text + str(-total % 10)


def _uuid(text: str) -> bytes | str:
    if not _UUID.fullmatch(text):
        return text
    return bytes.fromhex(text.replace("-", ""))


def _uuid_text(value: bytes) -> str:
    return str(uuid.UUID(bytes=value))


#: What spelled ones are.
_READ: Final = frozenset({int, bytes})
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LENGTHS: Final = (8, 12, 13, 14)
_DATE: Final = re.compile("[0-9]{4}(-[0-9]{2}){0,2}")
_ISRC: Final = re.compile("[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MADE: Final[Sequence[tuple[Callable[[Any], Any], Callable[[Any], Any]]]] = (
    (lambda value: value, lambda value: value),
    (_decimal, str),
    (_date, _date_text),
    (_isrc, _isrc_text),
    (_barcode, _barcode_text),
    (_uuid, _uuid_text),
)
