# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters: each leaves what fits it, by words and by identifier alike; what the caller drops is made up for."""

from pathlib import Path

import pytest

from onrecord.model.filters import Filters
from onrecord.search.facets import license_forms
from onrecord.search.finding import Finder
from onrecord.search.rows import Rows
from tests.search.filled import entry, fill_with

CODE = ("isrc", "USS1Z9900001")


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> Finder:
    search = tmp_path_factory.mktemp("search")
    fill_with(
        search,
        [
            entry(
                "a", "Song", date="1999-12-31", sound=True, licenses=["CC-BY-4.0"], codes=(CODE,), minutes=0
            ),
            entry("b", "Song", date="2000", sources=["musicbrainz", "file"], codes=(CODE,), minutes=130),
            entry(
                "c",
                "Song",
                date="unknown",
                sound=True,
                licenses=["CC-BY-SA-3.0", "CC0-1.0"],
                languages=["ENG", "deu"],
                minutes=4,
            ),
            entry(
                "d",
                "Song",
                kind="release",
                date="2001-01",
                sources=["two words"],
                languages=["deu", "no such"],
            ),
        ],
    )
    return Finder(search)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), "abcd"),
        (Filters(kinds=("release",)), "d"),
        (Filters(kinds=("release", "recording")), "abcd"),
        (Filters(years=(2000, None)), "bd"),
        (Filters(years=(None, 1999)), "a"),
        (Filters(years=(1999, 2000)), "ab"),
        (Filters(years=(2001, 1999)), ""),
        (Filters(years=(-(10**9), 10**9)), "abd"),
        (Filters(sound=True), "ac"),
        (Filters(sound=False), "bd"),
        (Filters(sources=("musicbrainz",)), "b"),
        (Filters(sources=("two words", "musicbrainz")), "bd"),
        (Filters(licenses=("cc-by-4.0",)), "a"),
        (Filters(licenses=("CC-BY",)), "a"),
        (Filters(licenses=("CC0-1.0", "CC-BY-4.0")), "ac"),
        (Filters(licenses=("CC-BY-3.0",)), ""),
        (Filters(sound=True, years=(1999, 2001), kinds=("recording",)), "a"),
        (Filters(languages=("deu",)), "cd"),
        (Filters(languages=("Eng", "fra")), "c"),
        (Filters(languages=("no such",)), ""),
        (Filters(seconds=(None, 120)), "a"),
        (Filters(seconds=(120, 300)), "c"),
        (Filters(seconds=(300, None)), "b"),
        (Filters(seconds=(300, 240)), ""),
        (Filters(shelf="cc-by-4-0"), "ac"),
        (Filters(kinds=("",), sources=("\x00", "' OR 1")), ""),
    ],
)
def test_filters(finder: Finder, filters: Filters, expected: str) -> None:
    assert {item.id for item in finder.find("song", filters)} == set(expected)
    by_code = {item.id for item in finder.find("US-S1Z-99-00001", filters)}
    assert by_code == set(expected) & {"a", "b"}


def test_counts_are_of_what_the_query_finds(tmp_path: Path) -> None:
    fill_with(
        tmp_path,
        [
            *(entry(f"few{number}", "Violet", sound=number % 2 == 0) for number in range(9)),
            *(
                entry(f"many{number}", "Song", sound=number % 3 == 0, minutes=number % 7)
                for number in range(300)
            ),
            entry("album", "Song Violet", kind="release", codes=(CODE,)),
        ],
    )
    finder = Finder(tmp_path)
    asked = [Filters(), Filters(sound=True), Filters(kinds=("release",)), Filters(seconds=(60, 180))]
    assert finder.counts("violet", asked) == [10, 5, 1, 0]
    assert finder.counts("vilet", asked) == [10, 5, 1, 0], "as it would be found with the mistake"
    assert finder.counts("song", asked) == [301, 100, 1, 86]
    assert finder.counts("", asked) == [310, 105, 1, 86]
    assert finder.counts("USS1Z9900001", asked) == [1, 0, 1, 0]
    assert finder.counts("nothing of that", asked) == finder.counts("!?", asked) == [0, 0, 0, 0]
    hidden = ["few0", "many0", "many1", "gone"]
    assert finder.counts("violet", asked, hidden) == [9, 4, 1, 0]
    assert finder.counts("song", asked, hidden) == [299, 99, 1, 85]
    for filters, count in zip(asked, finder.counts("song", asked) or (), strict=True):
        assert len(finder.find("song", filters, 1_000)) == count


def test_languages_are_counted_as_things_come_and_go(tmp_path: Path) -> None:
    things = [entry("a", "One", languages=["deu"]), entry("b", "Two", languages=["eng", "deu"])]
    fill_with(tmp_path, things)
    rows = Rows(tmp_path / "rows.sqlite")
    assert rows.languages() == {"deu": 2, "eng": 1} and rows.count() == {"recording": 2}
    fill_with(tmp_path, [things[1], entry("c", "Three", languages=["nor", "eng"])])
    assert rows.languages() == {"eng": 2, "deu": 1, "nor": 1} and rows.count() == {"recording": 2}
    counts = Finder(tmp_path).counts(
        "", [Filters(languages=(code,)) for code in ("eng", "deu", "nor", "fra")]
    )
    assert counts == [2, 1, 1, 0], "new combinations of facets are known as well"


def test_what_is_dropped_is_made_up_for(tmp_path: Path) -> None:
    fill_with(tmp_path, [entry(f"r{number}", "Song") for number in range(600)])
    kept = Finder(tmp_path).find("song", k=3, keep=lambda item: item.number > 590)
    assert [item.id for item in kept] == ["r590", "r591", "r592"]


def test_a_license_is_named_with_and_without_its_version() -> None:
    assert license_forms("CC-BY-SA-3.0") == ("cc-by-sa-3.0", "cc-by-sa")
    assert license_forms("CC-BY-3.0-US") == ("cc-by-3.0-us", "cc-by-3.0", "cc-by")
    assert license_forms("GPL-3.0-or-later") == ("gpl-3.0-or-later", "gpl-3.0", "gpl")
    assert license_forms("CC-BY-NC") == ("cc-by-nc",)
    assert license_forms("LicenseRef-own") == ("licenseref-own",)
    assert license_forms("") == ()
