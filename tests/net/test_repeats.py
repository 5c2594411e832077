# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that go round and round (fault 30)."""

import itertools

import pytest

from onrecord.errors import SourceFailed
from onrecord.net import Repeats


def test_a_list_that_goes_on_is_let_through() -> None:
    repeats = Repeats("example")
    for page in range(10_000):
        repeats.check(f"page {page}")


def test_the_same_page_again() -> None:
    repeats = Repeats("example")
    repeats.check(b"one")
    repeats.check(b"two")
    with pytest.raises(SourceFailed, match="example: page 3 is page 2 again"):
        repeats.check(b"two")


def test_a_continuation_is_text_from_outside() -> None:
    repeats = Repeats("example", "resumption token")
    repeats.check("\ud800")
    with pytest.raises(SourceFailed, match="resumption token 2 is resumption token 1 again"):
        repeats.check("\ud800")


@pytest.mark.parametrize("length", [1, 2, 7, 100, 1000])
def test_a_circle_is_noticed_when_it_closes(length: int) -> None:
    repeats = Repeats("example")
    for page in range(50 + length):
        repeats.check(str(page))
    with pytest.raises(SourceFailed, match=f"page {51 + length:,} is page 51 again"):
        repeats.check("50")


@pytest.mark.parametrize("length", [11, 100, 1000, 4097])
@pytest.mark.parametrize("before", [0, 5, 3000])
def test_a_circle_longer_than_what_is_remembered_is_noticed_later(length: int, before: int) -> None:
    repeats = Repeats("example", remembered=10)
    pages = itertools.chain(range(before), itertools.cycle(range(before, before + length)))
    with pytest.raises(SourceFailed, match="again"):
        for page in itertools.islice(pages, before + 3 * (before + length)):
            repeats.check(str(page))
