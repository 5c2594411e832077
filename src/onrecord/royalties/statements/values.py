# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers and months as statements write them. Nothing is guessed: what is not clearly a number raises ValueError."""

import re
from collections.abc import Iterable
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import lru_cache
from typing import Final

#: Amounts are below this, and have at most so many decimals: what the books hold exactly.
LARGEST: Final = Decimal(10) ** 12
DECIMALS: Final = 24
#: Arithmetic that would rather fail than round.
EXACT: Final = Context(prec=400, traps=[Inexact, InvalidOperation, Overflow])

_PLAIN: Final = re.compile(r"-?\d{1,12}(?:\.\d{1,24})?", re.ASCII)
_SPACES: Final = "\u00a0\u202f '\u2019"
_SIMPLE: Final = {
    ".": re.compile(r"\d{0,60}(?:\.\d{0,24})?", re.ASCII),
    ",": re.compile(r"\d{0,60}(?:,\d{0,24})?", re.ASCII),
}
_GROUPED: Final = {
    ".": re.compile(rf"\d{{1,3}}(?:[,{_SPACES}]\d{{3}})+(?:\.\d{{0,24}})?", re.ASCII),
    ",": re.compile(rf"\d{{1,3}}(?:[.{_SPACES}]\d{{3}})+(?:,\d{{0,24}})?", re.ASCII),
}
_POWER: Final = {
    ".": re.compile(r"\d{1,3}(?:\.\d{0,24})?[eE][+-]?\d{1,2}", re.ASCII),
    ",": re.compile(r"\d{1,3}(?:,\d{0,24})?[eE][+-]?\d{1,2}", re.ASCII),
}
_CURRENCY: Final = re.compile(r"(?:US\$|[$£€¥])\s*")
_POINT: Final = re.compile(r"\d,\d{3}\.\d|^[^.,]*\.(?:\d{1,2}|\d{4,})$|^-?0?\.\d+$|^-?0\.\d+$")
_COMMA: Final = re.compile(r"\d\.\d{3},\d|^[^.,]*,(?:\d{1,2}|\d{4,})$|^-?0?,\d+$|^-?0,\d+$")
_THREE_AFTER_COMMA: Final = re.compile(r"[^.,]*,\d{3}")

_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.]\d{1,2})?(?:[T ].*)?", re.ASCII)
_DIGITS: Final = re.compile(r"(\d{4})(\d{2})(?:\d{2})?", re.ASCII)
_MONTH_YEAR: Final = re.compile(r"(\d{1,2})[-/](\d{4})", re.ASCII)
_THREE: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:[T ].*)?", re.ASCII)
_NAMED: Final = re.compile(r"([A-Za-z]{3,9})[ \-/']+(\d{4}|\d{2})", re.ASCII)
_QUARTER: Final = re.compile(
    r"(?:(\d{4})[- ]?Q([1-4])|Q([1-4])[- ]?(\d{4}|\d{2})|([1-4])Q[- ]?(\d{4}|\d{2}))", re.ASCII
)
_NAMES: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


def number(words: str, mark: str = ".") -> Decimal:
    """Every digit that stands there; `mark` is the decimal mark. Thousands marks have to stand where they belong."""
    if mark == "." and _PLAIN.fullmatch(words):
        return Decimal(words)
    value = written(words, mark)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(value) >= LARGEST or (value and exponent < -DECIMALS):
        raise ValueError(words)
    return value


def written(words: str, mark: str = ".") -> Decimal:
    """Like `number`, but as large or as fine as it is written: what stands in rows that are refused is added up too."""
    text, negative = words.strip(), False
    if text.startswith("(") and text.endswith(")"):
        text, negative = text[1:-1].strip(), True
    if text[:1] in ("+", "-", "\u2212"):
        negative, text = negative ^ (text[:1] != "+"), text[1:].strip()
    if symbol := _CURRENCY.match(text):
        text = text[symbol.end() :]
    if _GROUPED[mark].fullmatch(text):
        text = re.sub(rf"[{_SPACES}{'.' if mark == ',' else ','}]", "", text)
    elif not (_SIMPLE[mark].fullmatch(text) or _POWER[mark].fullmatch(text)) or not any(
        map(str.isdigit, text)
    ):
        raise ValueError(words)
    value = Decimal(text.replace(",", "."))
    return value.copy_negate() if negative else value


def whole(words: str, mark: str = ".") -> int:
    """A whole number; `20.0` is one."""
    if words.isdigit() and len(words) <= 12 and words.isascii():
        return int(words)
    value = number(words, mark)
    if value != value.to_integral_value():
        raise ValueError(words)
    return int(value)


def decimal_mark(samples: Iterable[str], delimiter: str) -> str:
    """The decimal mark of a statement, from its first number that leaves no doubt."""
    in_doubt = False
    for words in samples:
        if mark := clear_mark(words):
            return mark
        in_doubt = in_doubt or bool(_THREE_AFTER_COMMA.fullmatch(words.strip()))
    return "," if in_doubt and delimiter == ";" else "."


def clear_mark(words: str) -> str:
    """The decimal mark of one number, "" where it may be either: `1,234` and `1.234` have three digits behind it."""
    text = words.strip()
    point, comma = _POINT.search(text), _COMMA.search(text)
    return "" if bool(point) == bool(comma) else "." if point else ","


@lru_cache(4096)
def month(words: str, order: str) -> tuple[str, str]:
    """(month, period) of a date, month or quarter. `order` is `mdy` or `dmy`: how a date with slashes is written.

    The period of a quarter is `2026-Q2`, and its month the last one; else the period is "".
    """
    text = words.strip()
    if found := _QUARTER.fullmatch(text.upper()):
        year, quarter = found[1] or found[4] or found[6], int(found[2] or found[3] or found[5])
        return _month(year, quarter * 3), f"{_year(year)}-Q{quarter}"
    if found := _ISO.fullmatch(text) or _DIGITS.fullmatch(text):
        return _month(found[1], int(found[2])), ""
    if found := _MONTH_YEAR.fullmatch(text):
        return _month(found[2], int(found[1])), ""
    if found := _THREE.fullmatch(text):
        first, second = int(found[1]), int(found[2])
        return _month(found[3], first if order == "mdy" else second), ""
    if found := _NAMED.fullmatch(text):
        name = found[1].lower()
        named = [at for at, full in enumerate(_NAMES, 1) if name in (full, full[:3], full[:4])]
        if named:
            return _month(found[2], named[0]), ""
    raise ValueError(words)


def _month(year: str, number: int) -> str:
    if not 1 <= number <= 12:
        raise ValueError(f"{year}-{number}")
    return f"{_year(year)}-{number:02}"


def _year(words: str) -> int:
    year = int(words) if len(words) == 4 else 2000 + int(words)
    if not 1990 <= year <= 2100:
        raise ValueError(words)
    return year
