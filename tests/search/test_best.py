# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of a search answers a narrower one as the index would, or says that it cannot tell."""

import tracemalloc
from pathlib import Path

from onrecord.search.facets import Facets
from onrecord.search.text import Document, TextIndex

FACETS = (("kind=artist",), ("kind=release",), ("kind=recording", "sound"))


def filled(folder: Path, count: int) -> TextIndex:
    index = TextIndex(folder / "text", make=True)
    index.add(
        Document(number, "word", "", FACETS[number % 3], number % 250, number % 3)
        for number in range(1, count + 1)
    )
    return index


def test_a_narrower_question_is_answered_as_the_index_answers_it(tmp_path: Path) -> None:
    index = filled(tmp_path, 300)
    best = index.best(["word"], "typing")
    assert best.is_all and best.count == 300 and best.tally({3}) == {0: 99, 1: 100, 2: 100}
    for facets in (Facets((("kind=release",),)), Facets((("sound",),)), Facets((), ("sound",))):
        told = best.first(50, lambda combination, facets=facets: facets.fit(FACETS[combination]))  # type: ignore[misc]
        assert told == [number for number, _ in index.search(["word"], "typing", facets, 50)]
    assert index.known(["word"], "typing") is best and index.known(["word"], "whole") is None
    assert index.tally(["word"], (3,), 100, 1_000) == {0: 99, 1: 100, 2: 100}
    assert index.tally(["word"], (), 301, 1_000) is None and index.tally(["word"], (), 1, 299) is None


def test_of_more_than_is_kept_it_tells_only_what_it_knows(tmp_path: Path) -> None:
    index = filled(tmp_path, 2_400)
    best = index.best(["word"], "typing")
    assert best.count == 2_400 > len(best.numbers) and not best.is_all
    assert len(best.first(100, lambda combination: combination == 1) or ()) == 100
    assert best.first(100, lambda combination: combination == 7) is None
    assert index.tally(["word"], (1,), 100, 5_000) == {0: 800, 1: 799, 2: 800}


def test_what_is_kept_of_a_narrower_question_is_small(tmp_path: Path) -> None:
    index = filled(tmp_path, 2_400)
    index.search(["word"], "typing", Facets((("sound",),)), 10)
    tracemalloc.start()
    try:
        for k in range(1_601, 1_621):
            found = index.search(["word"], "typing", Facets((), ("sound",)), k)
            assert len(found) == 1_600
        assert tracemalloc.get_traced_memory()[0] < 20 * 1_600 * 30
    finally:
        tracemalloc.stop()
    assert found == index.search(["word"], "typing", Facets((), ("sound",)), 1_620)
