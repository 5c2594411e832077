# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where rows lie is what the newest run says of each, however many runs there were."""

import itertools

import apsw
from hypothesis import given
from hypothesis import strategies as st

from onrecord.search import newer_rows
from onrecord.search.newer_rows import BEHIND, GONE, Newer, add_run

FILES = itertools.count()
NUMBERS = st.integers(0, 300_000) | st.integers(0, 20)


@given(st.lists(st.dictionaries(NUMBERS, st.booleans(), min_size=1, max_size=40), max_size=20))
def test_the_newest_run_counts(runs: list[dict[int, bool]]) -> None:
    db = apsw.Connection(":memory:")
    db.execute(newer_rows.TABLES)
    there: dict[int, int] = {}
    at, file, counting = BEHIND, next(FILES), range(1, 1)
    for made, run in enumerate(runs):
        before, was = Newer(db, f"newer-{file}-{made}", counting), dict(there)
        places = {}
        for number, stays in run.items():
            at += 1
            places[number] = at if stays else GONE
        counting = add_run(db, counting, places)
        there |= places
        # Whoever began to read goes on with what there was, also where many runs became one.
        assert all(before.place(number) == was.get(number, number) for number in there)
    held = Newer(db, f"newer-{file}", counting)
    assert held.every() == there
    assert all(held.place(number) == place for number, place in there.items())
    assert held.place(300_001) == 300_001
    [(count,)] = db.execute("SELECT count(DISTINCT run) FROM newer").fetchall()
    assert int(str(count)) <= 2 * newer_rows._MOST
