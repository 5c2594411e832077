# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page of results asks at once is what it would get kind by kind."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from onrecord.archive import Archive
from onrecord.archive.harvest import harvest
from onrecord.archive.matching import rematch
from onrecord.archive.reading import Reader, open_reader
from onrecord.model.filters import Filters
from tests.conftest import DAY
from tests.pipeline.musicbrainz import mbid, recording, release, save

KINDS = ("artist", "release", "recording", "release-group", "work", "label")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """One artist with more recordings than are weighed at first, and a few things beside."""
    folder = tmp_path_factory.mktemp("kinds")
    work = {"id": mbid("work"), "title": "Harbour Cantata", "iswcs": ["T-034.524.680-1"]}
    link = {"type": "performance", "target-type": "work", "direction": "forward", "work": work}
    many = [(f"Lantern {number}", 200_000 + 7_000 * number) for number in range(130)]
    answers = save(
        folder / "answers",
        album=release("Evening", "Lantern Keepers", many, date="1999"),
        single=release("Lantern Single", "Somebody", [("Harbour Light", 99_000)]),
        sung=recording("Harbour Song", "Somebody", 203_000, relations=[link]),
        work=work,
    )
    with Archive.create(folder / "archive", "Kinds", lambda: DAY) as archive:
        harvest(archive, "musicbrainz-json", answers)
        rematch(archive)
    yield open_reader(folder / "archive")


@pytest.mark.parametrize(
    "query",
    ["lantern", "lantern keepers", "harbour", "harbor", "harbour cantata", "evening", "T-034.524.680-1", "q", "", "l"],
)  # fmt: skip
def test_at_once_as_kind_by_kind(reader: Reader, query: str) -> None:
    limits = dict.fromkeys(KINDS, 7)
    at_once = dict(reader.search_kinds(query, limits))
    one_by_one = {kind: reader.search(query, (kind,), 7) for kind in KINDS}
    # Mistakes are looked for where few of all kinds fit as typed, so by itself a kind may have more.
    for kind, hits in one_by_one.items():
        found = at_once.get(kind, [])
        assert found == hits or (len(found) < len(hits) and found == hits[: len(found)]), kind
    [*best] = reader.search(query, (), 1)
    assert [kind for kind, _ in reader.search_kinds(query, limits)][:1] == [hit.kind for hit in best]


def test_a_kind_of_which_few_are_among_the_first_is_asked_for_alone(reader: Reader) -> None:
    found = dict(reader.search_kinds("lantern", {"artist": 3, "release": 3, "recording": 9}))
    assert [hit.title for hit in found["artist"]] == ["Lantern Keepers"]
    assert "Lantern Single" in [hit.title for hit in found["release"]]
    assert len(found["recording"]) == 9


def test_filters_hold_and_what_is_not_asked_for_does_not_come(reader: Reader) -> None:
    old = Filters(years=(1990, 2000))
    assert [kind for kind, _ in reader.search_kinds("evening", {"release": 5}, old)] == ["release"]
    assert reader.search_kinds("evening", {"release": 5}, Filters(years=(2001, None))) == []


def test_any_number_of_threads_may_ask_at_once(reader: Reader) -> None:
    queries = ["lantern", "harbour", "harbor", "evening", "cantata"] * 8
    alone = [reader.search_kinds(query, dict.fromkeys(KINDS, 5)) for query in queries]
    with ThreadPoolExecutor(8) as threads:
        together = list(
            threads.map(lambda query: reader.search_kinds(query, dict.fromkeys(KINDS, 5)), queries)
        )
    assert together == alone
