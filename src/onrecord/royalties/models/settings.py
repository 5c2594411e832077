# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the settings of payout models: one word of a few, a whole number, an exact fraction."""

from collections.abc import Mapping
from fractions import Fraction

from onrecord.errors import UsageError

UNITS = ("streams", "seconds")
INACTIVE = {
    "pro_rata_pool": "their money is split by all counted plays",
    "retain": "the service keeps it",
    "carry": "it waits for the next month",
}


def one_of(model: str, given: Mapping[str, str], key: str, choices: tuple[str, ...]) -> str:
    if given[key] not in choices:
        listed = " or ".join(map(repr, choices))
        raise UsageError(f"{model}: {key}: expected {listed}, got {given[key][:40]!r}")
    return given[key]


def inactive(model: str, given: Mapping[str, str]) -> str:
    """What happens to the money of listeners who paid and played nothing; no published rule fixes it."""
    if given["inactive"] not in INACTIVE:
        choices = "; ".join(f"{name}: {meaning}" for name, meaning in INACTIVE.items())
        raise UsageError(
            f"{model}: inactive: expected one of {', '.join(INACTIVE)}, got {given['inactive'][:40]!r}",
            hint=f"money of listeners who played nothing: {choices}",
        )
    return given["inactive"]


def whole(model: str, given: Mapping[str, str], key: str, least: int = 0) -> int:
    words = given[key]
    if not (words.isascii() and words.isdigit() and len(words) <= 9 and int(words) >= least):
        raise UsageError(
            f"{model}: {key}: expected a whole number of {least} or more, below 10^9, got {words[:40]!r}"
        )
    return int(words)


def fraction(model: str, given: Mapping[str, str], key: str, most: int) -> Fraction:
    """A fraction from 0 to `most`, as `0.25` or `1/4`; its denominator is at most 100, so that roots stay exact."""
    words = given[key]
    try:
        value = Fraction(words) if len(words) <= 20 and "e" not in words.lower() else Fraction(-1)
    except (ValueError, ZeroDivisionError):
        value = Fraction(-1)
    if not 0 <= value <= most or value.denominator > 100:
        raise UsageError(
            f"{model}: {key}: expected a number from 0 to {most} with a denominator of at most 100, "
            f"such as 0.25 or 1/4, got {words[:40]!r}"
        )
    return value


def root(number: int, degree: int) -> int:
    """The largest whole number whose `degree`-th power is at most `number`."""
    if number < 2 or degree == 1:
        return number
    guess = 1 << -(-number.bit_length() // degree)
    while True:
        better = ((degree - 1) * guess + number // guess ** (degree - 1)) // degree
        if better >= guess:
            return guess
        guess = better
