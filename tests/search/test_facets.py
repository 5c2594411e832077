# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters: each leaves what fits it, by words and by identifier alike; what the caller drops is made up for."""

from pathlib import Path

import pytest

from onrecord.model.filters import Filters
from onrecord.search.facets import license_forms
from onrecord.search.finding import Finder
from tests.search.filled import entry, fill_with

CODE = ("isrc", "USS1Z9900001")


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> Finder:
    search = tmp_path_factory.mktemp("search")
    fill_with(
        search,
        [
            entry("a", "Song", date="1999-12-31", sound=True, licenses=["CC-BY-4.0"], codes=(CODE,)),
            entry("b", "Song", date="2000", sources=["musicbrainz", "file"], codes=(CODE,)),
            entry("c", "Song", date="unknown", sound=True, licenses=["CC-BY-SA-3.0", "CC0-1.0"]),
            entry("d", "Song", kind="release", date="2001-01", sources=["two words"]),
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
        (Filters(kinds=("",), sources=("\x00", "' OR 1")), ""),
    ],
)
def test_filters(finder: Finder, filters: Filters, expected: str) -> None:
    assert {item.id for item in finder.find("song", filters)} == set(expected)
    by_code = {item.id for item in finder.find("US-S1Z-99-00001", filters)}
    assert by_code == set(expected) & {"a", "b"}


def test_what_is_dropped_is_made_up_for(tmp_path: Path) -> None:
    fill_with(tmp_path, [entry(f"r{number}", "Song") for number in range(600)])
    kept = Finder(tmp_path).find("song", k=3, keep=lambda item: item.number > 590)
    assert [item.id for item in kept] == ["r590", "r591", "r592"]


def test_a_license_is_named_with_and_without_its_version() -> None:
    assert license_forms("CC-BY-SA-3.0") == ("cc-by-sa-3.0", "cc-by-sa")
    assert license_forms("LicenseRef-own") == ("licenseref-own",)
    assert license_forms("") == ()
