# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes in words and in numbers, and how many of them are guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.search.variants import MOST_GUESSES, guesses, is_near, number_may_be_wrong, variants


@pytest.mark.parametrize(
    ("word", "may"),
    [
        ("1999", True),
        ("12345678", True),
        ("123", True),
        ("12", False),
        ("123456789", False),
        ("19a9", False),
        ("١٩٩٩", False),
    ],
)
def test_which_numbers_may_be_wrong(word: str, may: bool) -> None:
    assert number_may_be_wrong(word) == may


def test_a_number_is_varied_in_digits_alone() -> None:
    found = variants("1999")
    assert {"1998", "199", "19999", "9199"} <= found and all(guess.isdecimal() for guess in found)
    assert all(is_near("1999", guess) for guess in found if len(guess) >= 4)


def test_guesses_of_a_long_query_end() -> None:
    words = ["misspelt"] * 100
    found = guesses(words)
    assert sum(map(len, found.values())) <= MOST_GUESSES and list(found) == list(range(len(found)))
    assert guesses(["of", "1999", "nirvana"]).keys() == {2}
    assert guesses(["of", "1999", "nirvana"], number_may_be_wrong).keys() == {1}


@given(st.text("abc", max_size=6), st.text("abc", max_size=8))
def test_a_beginning_is_near_where_one_of_its_lengths_is(one: str, other: str) -> None:
    sizes = (len(one), len(one) - 1, len(one) + 1) if len(other) > len(one) else (len(other),)
    assert is_near(one, other, beginning=True) == any(is_near(one, other[: max(size, 0)]) for size in sizes)
