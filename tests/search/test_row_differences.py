# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is other in a value makes the new one of the old, to the byte, and is short where little is other."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.search.row_differences import MIDDLE, MOVED, SAME, WITHIN, changed, difference

PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.0, -0.0, 1.0]),
    st.text("ab", max_size=4),
    st.binary(max_size=2),
)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2)
)  # fmt: skip


def packed(value: Any) -> bytes:
    return msgspec.msgpack.encode(value)


def told(old: Any, new: Any) -> Any:
    """As it is kept, and read again."""
    return msgspec.msgpack.decode(packed(difference(old, new)))


@given(VALUES, VALUES)
def test_the_new_one_is_made_of_the_old(old: Any, new: Any) -> None:
    assert packed(changed(old, told(old, new))) == packed(new)


@given(st.lists(st.integers(-9, 9), max_size=12), st.lists(st.integers(-9, 9), max_size=12))
def test_a_list_of_steps_is_made_of_another(old: list[int], new: list[int]) -> None:
    assert changed(old, told(old, new)) == new


@pytest.mark.parametrize(
    ("old", "new"), [(0, False), ([0], [False]), ([[1]], [[True]]), (1, 1.0), ([0.0], [-0.0])]
)
def test_what_only_counts_as_equal_is_another(old: Any, new: Any) -> None:
    assert told(old, new) != [SAME]
    assert packed(changed(old, told(old, new))) == packed(new)


def test_of_a_long_list_only_what_came_and_went_is_told() -> None:
    before = [number * 7 for number in range(400)]
    now = sorted({*before, 99, 1200} - {70, 140})
    steps = [[b - a for a, b in zip([0, *numbers], numbers, strict=False)] for numbers in (before, now)]
    said = told(*steps)
    assert said == [MOVED, [10, 10], [14, 157], [99, 1101]]
    assert changed(steps[0], said) == steps[1]


def test_of_a_name_only_what_is_added_is_told() -> None:
    old, new = ["r", ["Nan", "A"], [["s", "1", None]]], ["r", ["Nan (Live)", "A"], [["s", "1", None]]]
    assert told(old, new) == [WITHIN, 1, [WITHIN, 0, [MIDDLE, 3, 0, " (Live)"]]]
