# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fits better comes first, and a bound that is known without the names beside holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.search.fold import fold
from onrecord.search.ranking import highest, score

_WORDS = st.lists(st.sampled_from(["night", "nigth", "ni", "train", "42", "1984", "夜"]), max_size=4).map(
    " ".join
)


@given(_WORDS, _WORDS, _WORDS, st.integers(0, 300))
def test_nothing_beside_a_title_brings_it_above_the_bound(
    asked: str, title: str, beside: str, weight: int
) -> None:
    tokens = fold(asked)
    found = score(tokens, title, beside, weight)
    assert 0 <= found <= highest(tokens, title, weight) + 1e-9
    if title == asked:
        assert found == highest(tokens, title, weight), "where all is in the title nothing beside it counts"


@pytest.mark.parametrize(
    ("asked", "better", "worse"),
    [
        ("night train", ("Night Train", ""), ("Night Trains", "")),
        ("night train", ("Night Train", ""), ("Train Night", "")),
        ("night train", ("Night", "Train"), ("Night", "Rain")),
        ("night tra", ("Night Train", ""), ("Night Traveller Song", "")),
        ("nigth", ("Night", ""), ("Sight", "")),
        ("opus 1984", ("Opus 1984", ""), ("Opus 1985", "")),
    ],
)
def test_what_fits_better_comes_first(asked: str, better: tuple[str, str], worse: tuple[str, str]) -> None:
    tokens = fold(asked)
    assert score(tokens, *better, 0) > score(tokens, *worse, 0)
    assert score(tokens, *worse, 255) > score(tokens, *worse, 0)
