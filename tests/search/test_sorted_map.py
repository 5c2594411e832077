# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sorted map is what was put into it, whichever part lies in blocks and whichever came later."""

import apsw
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onrecord.search import sorted_map
from onrecord.search.sorted_map import TABLES, MapWriter, SortedMap, add_run, count_newer

KEYS = st.binary(min_size=1, max_size=3)
LONG = st.integers(1, 250).map(lambda count: bytes(range(count)) * 2)
ENTRIES = st.dictionaries(KEYS, st.binary(max_size=40) | LONG, max_size=60)


def made(entries: dict[bytes, bytes]) -> apsw.Connection:
    db = apsw.Connection(":memory:")
    db.execute(TABLES)
    writer = MapWriter(db)
    for key in sorted(entries):
        writer.add(key, entries[key])
    writer.finish()
    return db


@given(
    ENTRIES,
    st.lists(st.dictionaries(KEYS, st.none() | st.binary(max_size=9) | LONG, max_size=30), max_size=6),
    KEYS,
    KEYS,
)
@example({b"\0": b"\0"}, [{b"\0": bytes(range(128)) * 2}], b"", b"")  # too little for another to begin with
def test_it_is_what_was_put_into_it(
    entries: dict[bytes, bytes], changes: list[dict[bytes, bytes | None]], prefix: bytes, behind: bytes
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorted_map, "_ENTRIES", 7)
        patch.setattr(sorted_map, "_MOST", 2)
        patch.setattr(sorted_map, "_FILTER", 8)
        db = made(entries)
        whole: dict[bytes, bytes | None] = {**entries}
        before = SortedMap(db)
        for change in changes:
            add_run(db, sorted(change.items()))
            # Whoever reads when many runs become one goes on with them.
            assert list(before.entries()) == [item for item in sorted(whole.items()) if item[1] is not None]
            whole |= change
            before = SortedMap(db)
    held = SortedMap(db)
    assert len(held.runs) <= 3 and count_newer(db) <= sum(map(len, changes))
    there = {key: value for key, value in whole.items() if value is not None}
    assert list(held.entries()) == sorted(there.items())
    assert all(held.get(key) == there.get(key) for key in (*whole, prefix, behind))
    # In their order the next is mostly in the block of the last.
    assert all(held.get(key) == there.get(key) for key in sorted({*whole, prefix, behind}))
    begun = [item for item in sorted(there.items()) if item[0].startswith(prefix[:1]) and item[0] > behind]
    assert list(held.entries(prefix[:1], behind)) == begun


def test_what_comes_out_of_order_is_refused() -> None:
    writer = MapWriter(made({}))
    writer.add(b"b", b"")
    with pytest.raises(ValueError, match="in order"):
        writer.add(b"a", b"")
