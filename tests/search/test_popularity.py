# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How popular: a scale that grows with what is counted, and nothing where nothing is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.search.popularity import EVIDENCE, MOST, popularity

COUNTS = st.dictionaries(st.sampled_from(list(EVIDENCE)), st.integers(0, 10**9))


def test_without_evidence_it_is_0() -> None:
    assert popularity({}) == popularity(dict.fromkeys(EVIDENCE, 0)) == 0


def test_the_scale_is_as_documented() -> None:
    points = (1, 3, 15, 255, 63_000, 10**12)
    assert [popularity({"releases": count}) for count in points] == [16, 32, 64, 128, 255, 255]


@given(COUNTS, st.sampled_from(list(EVIDENCE)))
def test_more_evidence_is_never_less_popular(known: dict[str, int], name: str) -> None:
    more = known | {name: known.get(name, 0) + 1}
    assert 0 <= popularity(known) <= popularity(more) <= MOST


def test_what_is_no_evidence_does_not_count() -> None:
    with pytest.raises(KeyError):
        popularity({"wishes": 3})
