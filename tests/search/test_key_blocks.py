# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys in sorted blocks: each leads to its numbers and to no others, however many there are and in whatever order."""

from collections import defaultdict
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onrecord.search import key_blocks, sorted_records
from onrecord.search.key_blocks import KeyBlocks, KeyWriter, arrays_of, key_bytes

#: Few keys, so that some have more numbers than a block has room for; zeros at the end are no end.
KEYS = st.sampled_from([0, 1, 255, 256, 2**32, 2**63 - 1])
NUMBERS = st.integers(1, 2**32 - 1)


def written(folder: Path, pairs: list[tuple[int, bytes, int]]) -> apsw.Connection:
    db = apsw.Connection(":memory:")
    db.execute(key_blocks.TABLES)
    keys = KeyWriter(folder)
    for scheme, key, number in pairs:
        keys.add(scheme, key, number)
    assert keys.write(db) == len(set(pairs))
    return db


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(1, 3), KEYS | st.integers(0, 2**64 - 1), NUMBERS), max_size=600),
    st.booleans(),
)
def test_a_key_leads_to_its_numbers(tmp_path: Path, pairs: list[tuple[int, int, int]], spilled: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_blocks, "_BLOCK", 8)
        if spilled:
            patch.setattr(sorted_records, "_RUN", 50)
            patch.setattr(sorted_records, "_PIECE", 7)
        db = written(tmp_path, [(scheme, key_bytes(key), number) for scheme, key, number in pairs])
    expected = defaultdict(set)
    for scheme, key, number in pairs:
        expected[scheme, key].add(number)
    # In their order the next key is mostly in the block that is remembered, in another it seldom is.
    for asked in (expected, sorted(expected), sorted(expected, key=lambda it: it[::-1], reverse=True)):
        held = KeyBlocks(db)
        for scheme, key in asked:
            assert list(held.numbers(scheme, key_bytes(key))) == sorted(expected[scheme, key])
            for absent in (key + 1, key - 1):
                if 0 <= absent < 2**64 and (scheme, absent) not in expected:
                    assert list(held.numbers(scheme, key_bytes(absent))) == []
    assert list(KeyBlocks(db).numbers(9, key_bytes(1))) == []
    listed = {
        (scheme, int.from_bytes(key.tobytes(), "big"), int(number))
        for scheme in (1, 2, 3)
        for keys, numbers in arrays_of(db, scheme)
        for key, number in zip(keys, numbers, strict=True)
    }
    assert listed == {(scheme, key, number) for scheme, key, number in pairs}


def test_keys_that_are_sorted_beside_memory_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorted_records, "_RUN", 1_000)
    db = written(tmp_path, [(1, key_bytes(number * 7919 % 10_007), number) for number in range(10_007)])
    assert list(KeyBlocks(db).numbers(1, key_bytes(7919))) == [1]
    assert list(tmp_path.iterdir()) == []


def test_a_key_takes_little_room(tmp_path: Path) -> None:
    apart = [number * 1_000_003 % 2**45 for number in range(1, 20_000)]  # one has nothing to do with the next
    in_turn = [
        number // 12 * 7919 + number for number in range(1, 20_000)
    ]  # twelve of a release go on from each other
    for keys, most in ((apart, 7.5), (in_turn, 1.5)):
        db = written(tmp_path, [(1, key_bytes(key), number) for number, key in enumerate(keys, 1)])
        [(size,)] = db.execute("SELECT sum(length(block)) FROM key_blocks").fetchall()
        assert int(str(size)) / 20_000 < most, "a key of eight bytes and a number of four"
