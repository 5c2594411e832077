# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Columns of a block: whatever form one takes, each value comes out as it went in, alone and beside others."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.search import row_columns
from onrecord.search import row_spelling as spelling
from onrecord.search.row_columns import Reading, pack, pack_lists

ODD = st.sampled_from([None, True, False])
EVEN: tuple[st.SearchStrategy[Any], ...] = (
    st.integers(-(2**40), 2**40) | st.sampled_from([0, 1, 2]),
    st.text(max_size=4) | st.sampled_from(["", "a\0b", "title"]),
    st.binary(min_size=16, max_size=16) | st.just(b""),
    st.floats(allow_nan=False),
    st.tuples(st.sampled_from(["releases", "listened"]), st.integers(0, 3)),
)
COLUMNS: st.SearchStrategy[list[Any]] = st.sampled_from([*EVEN, st.one_of(*EVEN)]).flatmap(
    lambda even: st.lists(st.one_of(even, ODD), min_size=1, max_size=40)
)
STEPS = st.lists(st.lists(st.integers(-3, 400), max_size=9), min_size=1, max_size=20)


def read(form: row_columns.Form, packed: bytearray) -> Reading:
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(form))
    return Reading([kept], bytes(packed))


@settings(deadline=None, max_examples=60)
@given(COLUMNS, st.binary(max_size=3))
def test_a_column_comes_out_as_it_went_in(column: list[object], before: bytes) -> None:
    packed = bytearray(before)
    reading = read(pack(column, packed), packed)
    expected = [list(value) if isinstance(value, tuple) else value for value in column]
    found = [reading.value(0, at) for at in range(len(column))]
    assert found == expected and list(map(type, found)) == list(map(type, expected))
    middle = len(column) // 2
    assert list(reading.values(0, 0, middle)) == expected[:middle]
    assert list(reading.values(0, middle, len(column))) == expected[middle:]


@settings(deadline=None, max_examples=50)
@given(STEPS, st.booleans())
def test_lists_come_out_as_they_went_in(lists: list[list[int]], shuffled: bool) -> None:
    packed = bytearray()
    reading = read(pack_lists(lists, packed, shuffled=shuffled), packed)
    assert [reading.value(0, at) for at in range(len(lists))] == lists


def test_what_repeats_or_goes_on_takes_little() -> None:
    for column, most in (
        ([7] * 64, 4),
        ([at // 9 * 1_000_003 for at in range(64)], 50),
        ([10**9 + at for at in range(64)], 75),
        ([at * at * at * 7919 % 2**18 for at in range(64)], 64 * 18 // 8 + 12),
    ):
        packed = bytearray()
        form = pack(column, packed)
        assert len(msgspec.msgpack.encode(form)) + len(packed) <= most, column
    # Numbers that are in order but for few take little more than these.
    packed, order = bytearray(), [*range(100, 150), 3, 1, 2]
    pack_lists(
        [[value - before for value, before in zip(order, [0, *order], strict=False)]], packed, shuffled=True
    )
    assert len(packed) == 53 * 6 // 8 + 1


@pytest.mark.parametrize(
    ("how", "text", "shorter"),
    [
        *((spelling.DECIMAL, text, True) for text in ("0", "7", "1234567890")),
        *((spelling.DECIMAL, text, False) for text in ("007", "", "-1", "１２", "9" * 30)),
        *((spelling.DATE, text, True) for text in ("1999", "1999-12", "1999-12-31", "0001-01-01")),
        *(
            (spelling.DATE, text, False)
            for text in ("1999-13", "1999-00", "1999-1-1", "99", "1999-12-31T", "2001-00-05")
        ),
        *((spelling.ISRC, text, True) for text in ("USRC17607839", "ZZZZZ9999999")),
        *((spelling.ISRC, text, False) for text in ("US-RC1-76-07839", "usrc17607839", "")),
        *(
            (spelling.BARCODE, text, True)
            for text in ("4006381333931", "036000291452", "96385074", "00000000")
        ),
        *((spelling.BARCODE, text, False) for text in ("4006381333932", "36000291452", "x")),
        (spelling.UUID, "b5ca9dd6-6cc0-5f1a-8f4e-1b1a0a5b6a9a", True),
        (spelling.UUID, "B5CA9DD6-6cc0-5f1a-8f4e-1b1a0a5b6a9a", False),
    ],
)
def test_a_text_is_spelled_shorter_only_where_it_comes_back(how: int, text: str, shorter: bool) -> None:
    said, [made] = spelling.spell(how, [text])
    assert said == how and spelling.read(how, made) == text
    assert isinstance(made, str) != shorter


def test_what_was_a_number_before_stays_one() -> None:
    assert spelling.spell(spelling.DECIMAL, ["12", 12]) == (spelling.AS_IS, ["12", 12])
