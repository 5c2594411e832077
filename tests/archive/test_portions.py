# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is finished is committed, however the work ends."""

from collections.abc import Iterator

import pytest

from onrecord.archive.portions import in_portions
from onrecord.errors import StoreFull


def results(end: BaseException | None) -> Iterator[list[int]]:
    yield [1, 2]
    yield []
    yield [3]
    if end:
        raise end
    yield [4]


def taken(end: BaseException | None, files: int) -> list[list[int]]:
    found: list[list[int]] = []
    for portion in in_portions(results(end), files):
        found.append(portion)
    return found


def test_portions_hold_everything_once() -> None:
    assert taken(None, 2) == [[1, 2], [3, 4]]
    assert taken(None, 100) == [[1, 2, 3, 4]]
    assert list(in_portions(iter([[], []]))) == []


@pytest.mark.parametrize("end", [KeyboardInterrupt(), StoreFull("no root has room")])
def test_who_stops_early_keeps_what_is_finished(end: BaseException) -> None:
    found: list[list[int]] = []
    with pytest.raises(type(end)):
        for portion in in_portions(results(end), 100):
            found.append(portion)
    assert found == [[1, 2, 3]]


def test_a_fault_of_the_program_commits_nothing_more() -> None:
    found: list[list[int]] = []
    with pytest.raises(ZeroDivisionError):
        for portion in in_portions(results(ZeroDivisionError()), 100):
            found.append(portion)
    assert found == []
