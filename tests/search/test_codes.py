# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identifiers as keys: one key for each thing that is meant, whatever its presentation; and found by each."""

from pathlib import Path

import pytest

from onrecord.search.codes import pack, read
from onrecord.search.finding import Finder
from tests.search.filled import entry, fill_with

MBID = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"
CODES = {
    "isrc": ("USS1Z9900001", "us-s1z-99-00001"),
    "barcode": ("0724384260958", "724384260958"),
    "mbid": (MBID, f"https://musicbrainz.org/recording/{MBID}"),
    "acoustid": ("9ff43b6a-4f16-427c-93c2-92307ca505e0", "9FF43B6A-4F16-427C-93C2-92307CA505E0"),
    "iswc": ("T0345246801", "T-034.524.680-1"),
    "discogs": ("r249504", "https://www.discogs.com/release/249504-Rick-Astley"),
    "isni": ("0000000121032683", "0000 0001 2103 2683"),
    "sha256": ("ab" * 32, ("AB" * 32)),
}


@pytest.mark.parametrize("scheme", CODES)
def test_presentation_does_not_matter(tmp_path: Path, scheme: str) -> None:
    plain, written = CODES[scheme]
    assert pack(scheme, plain) == pack(scheme, written) is not None
    fill_with(tmp_path, [entry("meant", "Something", codes=((scheme, plain),)), entry("other", "Something")])
    for text in (plain, f"  {written} "):
        assert [item.id for item in Finder(tmp_path).find(text)] == ["meant"]


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        ("isrc", "ISRC US-S1Z-99-00001"),
        ("isrc", "isrc: USS1Z9900001."),
        ("isrc", "US\u2011S1Z\u201399\u201300001"),
        ("isrc", "US\u00a0S1Z 99 00001\u200b"),
        ("barcode", "UPC: 7 24384 26095 8"),
        ("barcode", "EAN 0724384260958"),
        ("mbid", f"MBID {MBID.upper()}"),
        ("mbid", f"urn:uuid:{MBID}"),
        ("mbid", f"<https://musicbrainz.org/recording/{MBID}>"),
        ("mbid", f"https://beta.musicbrainz.org/recording/{MBID}/fingerprints?page=2#x"),
        ("iswc", "ISWC: T-034.524.680-1"),
        ("isni", "ISNI 0000 0001 2103 2683"),
        ("sha256", "sha256:" + "ab" * 32),
    ],
)
def test_it_may_say_what_it_is_and_be_set_as_print_does(scheme: str, text: str) -> None:
    assert pack(scheme, CODES[scheme][0]) in read(text)


def test_what_it_says_it_is_it_has_to_be() -> None:
    assert read(f"isrc {MBID}") == read("UPC USS1Z9900001") == read("isrc") == []
    assert pack("isrc", "ISRC17607839") == pack("isrc", "IS-RC1-76-07839") is not None, "of Iceland"


def test_a_name_that_is_a_discogs_id_as_well_is_found_too(tmp_path: Path) -> None:
    fill_with(tmp_path, [entry("band", "L7"), entry("label", "Other", codes=(("discogs", "l7"),))])
    assert [item.id for item in Finder(tmp_path).find("L7")] == ["label", "band"]
    assert [item.id for item in Finder(tmp_path).find("[l7]")] == ["label"]


def test_keys_of_many_codes_differ() -> None:
    codes = [
        f"{country}{owner}9900{number:03}"
        for country in ("US", "UT", "AA", "ZZ")
        for owner in ("S1Z", "S20", "000", "ZZZ")
        for number in (0, 1, 999)
    ]
    assert len({pack("isrc", code) for code in codes}) == len(codes)
    assert all(
        0 <= key[1] < 2**63 for code in codes if (key := pack("isrc", code)) and isinstance(key[1], int)
    )
    assert len({pack("discogs", letter + "1") for letter in "amrl"}) == 4


@pytest.mark.parametrize(
    "text", ["", "\x00", "radio", "12345678", "\ud800", "１２３４５６７８９０１２", "a" * 10_000]
)
def test_words_are_no_identifiers(text: str) -> None:
    assert read(text) == []


def test_an_id_of_the_archive_is_found_also_after_a_merge(tmp_path: Path) -> None:
    fill_with(tmp_path, [entry("rabc", "Something")], [("rold", "rabc")])
    finder = Finder(tmp_path)
    assert [item.id for item in finder.find("rabc")] == [item.id for item in finder.find("rold")] == ["rabc"]


def test_what_looks_like_an_identifier_and_is_a_title_is_found_as_such(tmp_path: Path) -> None:
    fill_with(tmp_path, [entry("title", "USS1Z9900001")])
    assert [item.id for item in Finder(tmp_path).find("USS1Z9900001")] == ["title"]
